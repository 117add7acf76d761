import { createClient } from "../src/client.ts";
import { mmkvStorage } from "../src/mmkv.ts";
import type { MobileFetch } from "../src/ports.ts";

/*
 * The life of an app on Hermes: a first launch without network, a kill, a second launch with network. Runs on the engine's
 * command line, so that it brings what React Native adds to the engine and nothing else: timers and fetch. Time is virtual.
 */
declare const print: (text: string) => void;
declare function setTimeout(run: () => void, delayMs: number): unknown;

const turn = setTimeout; // the command line's own, which knows no delays
let nowMs = 1_795_159_483_682;
let timers: { readonly atMs: number; readonly run: () => void }[] = [];
Object.assign(globalThis, {
  setTimeout(run: () => void, delayMs: number) {
    const timer = { atMs: nowMs + delayMs, run };
    timers.push(timer);
    return timer;
  },
  clearTimeout(timer: unknown) {
    timers = timers.filter((other) => other !== timer);
  },
});
Date.now = () => nowMs;

function pass(ms: number): Promise<void> {
  const untilMs = nowMs + ms;
  return new Promise((resolve) => {
    const step = (): void => {
      const next = timers.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) {
        nowMs = untilMs;
        resolve();
        return;
      }
      timers = timers.filter((other) => other !== next);
      nowMs = Math.max(nowMs, next.atMs);
      next.run();
      turn(step, 0);
    };
    turn(step, 0);
  });
}

const entries = new Map<string, string>();
const storage = mmkvStorage({
  getString: (key) => entries.get(key),
  set: (key, value) => void entries.set(key, value),
  getAllKeys: () => [...entries.keys()],
  delete: (key) => void entries.delete(key),
});
/** Bodies as they left, each byte as two digits. */
const sent: string[] = [];
let isOnline = false;
const fetch: MobileFetch = async (_url, { body }) => {
  if (!isOnline) throw new TypeError("Network request failed");
  sent.push(typeof body === "string" ? body : Array.from(body, (byte) => byte.toString(16).padStart(2, "0")).join(""));
  const reply = { success: true, rejected: [], serverTime: new Date(nowMs).toISOString() };
  return { status: 200, headers: { get: () => null }, text: () => Promise.resolve(JSON.stringify(reply)) };
};
Object.assign(globalThis, { fetch });

async function live(): Promise<void> {
  const options = {
    host: "https://in.example.com",
    writeKey: "app.ios.p1.AAAAAAAAAAAAAAAAAAAAAA",
    storage,
    appState: { currentState: "active", addEventListener: () => ({ remove: () => undefined }) },
    lifecycleEvents: true,
    context: { app: { version: "7", build: "70" } },
  };
  const first = createClient(options);
  const acknowledged = [first.identify("u1"), first.track("Ünï 😀", { price: "14.99", at: new Date(nowMs) })];
  for (let i = 0; i < 30; i++) acknowledged.push(first.track("Burst", { i }));
  await pass(1000);
  first.close();
  isOnline = true;
  const second = createClient(options);
  acknowledged.push(second.screen("Cart"));
  void second.flush();
  await pass(1000);
  const outcomes = (await Promise.all(acknowledged)).map(({ outcome }) => outcome);
  print(JSON.stringify({ outcomes, sent, left: entries.size }));
}

live().catch((error: unknown) => print(`failed: ${String(error)}`));
