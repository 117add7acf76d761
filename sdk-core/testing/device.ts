import { createEngine, type Engine } from "../src/engine.ts";
import type { EngineOptions, EnginePorts, StoredEvent } from "../src/ports.ts";
import type { EventResult, RetryNotice } from "../src/results.ts";
import { FakeServer } from "./fake-server.ts";
import { VirtualTime } from "./virtual-time.ts";

/** An engine on a virtual device with a virtual server, and what it reported. */
export interface Device {
  readonly engine: Engine;
  readonly server: FakeServer;
  readonly time: VirtualTime;
  readonly results: EventResult[];
  readonly retries: RetryNotice[];
  /** Makes n calls; returns their ids. */
  readonly track: (count: number) => string[];
}

/** A started device. Its clock is wrong by `skewMs`; its random bytes come from a seed. */
export function createDevice(
  options: Partial<EngineOptions> = {},
  ports: Partial<EnginePorts> & { skewMs?: number; seed?: number; restored?: readonly StoredEvent[] } = {},
): Device {
  const { skewMs = 0, seed = 1, restored = [], ...given } = ports;
  const time = new VirtualTime();
  const server = new FakeServer(time);
  const results: EventResult[] = [];
  const retries: RetryNotice[] = [];
  const engine = createEngine(
    { writeKey: "shop.web.p1.key", ...options },
    { name: "@sluice/test", version: "1" },
    {
      now: () => time.nowMs + skewMs,
      random: seededBytes(seed),
      send: server.send,
      setTimer: time.setTimer,
      onResult: (result) => results.push(result),
      onRetry: (notice) => retries.push(notice),
      ...given,
    },
  );
  engine.start(restored);
  const track = (count: number): string[] =>
    Array.from({ length: count }, (_, i) => {
      return engine.enqueue("track", { event: "Tested", anonymousId: "a", properties: { i } } as never).messageId;
    });
  return { engine, server, time, results, retries, track };
}

/** Random bytes from a seed (splitmix32), so that a failing run can be repeated. */
export function seededBytes(seed: number): (bytes: Uint8Array<ArrayBuffer>) => void {
  let state = seed | 0;
  return (bytes) => {
    for (let i = 0; i < bytes.length; i++) {
      state = (state + 0x9e3779b9) | 0;
      let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      bytes[i] = (mixed ^ (mixed >>> 15)) & 255;
    }
  };
}

/** Numbers in [0, 1) from a seed. */
export function drawsOf(seed: number): () => number {
  const fill = seededBytes(seed);
  const bytes = new Uint8Array(4);
  return () => {
    fill(bytes);
    return new DataView(bytes.buffer).getUint32(0) / 2 ** 32;
  };
}
