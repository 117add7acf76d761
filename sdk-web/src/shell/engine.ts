import { createEngine, type Engine, type EnginePorts } from "@sluice/core";
import type { WebOptions } from "../options.ts";
import { sdkName, sdkVersion } from "../version.ts";
import { createSend, urgentBytesMax } from "./send.ts";
import { createStore, type PageStorage, write } from "./storage.ts";

const clockKey = "sluice.clock";

/** Random bytes of the browser. */
export function random(bytes: Uint8Array<ArrayBuffer>): void {
  crypto.getRandomValues(bytes);
}

/** The browser's wall clock, ms since 1970. */
export const now = (): number => Date.now();

/** An engine that sends while the page lives, and what it can when the page goes. */
export function startEngine(options: WebOptions, storage: PageStorage): Engine {
  const store = createStore(storage, `sluice.${options.writeKey}.`);
  const ports: EnginePorts = {
    now,
    random,
    send: createSend(`${options.host.replace(/\/+$/, "")}/v1/batch`),
    setTimer(run, delayMs) {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
    store,
    onResult(result) {
      try {
        options.onResult?.(result);
      } catch {
        // the page's own listener failed; delivery goes on
      }
    },
    onClockOffset: (offsetMs) => void write(storage, clockKey, String(offsetMs)),
  };
  const clock = storage.getItem(clockKey);
  const engine = createEngine(
    { ...options, clockOffsetMs: clock ? parseInt(clock, 10) || 0 : null },
    { name: sdkName, version: sdkVersion },
    ports,
  );
  const leave = (): void => engine.flushUrgently(urgentBytesMax);
  addEventListener("pagehide", leave);
  addEventListener("visibilitychange", leave); // also when the page comes back, which only sends a little earlier
  addEventListener("online", engine.wake);
  engine.start(store.load() as Awaited<ReturnType<typeof store.load>>);
  return engine;
}
