import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Fate, FakeApp } from "../testing/fake-app.ts";
import type { Death } from "../testing/fake-storage.ts";
import type { MobileClient } from "./options.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Uniform numbers in [0, 1) by a seed (splitmix32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** A phone on which anything may happen at any time; returns the ids that calls were told to be stored. */
async function live(app: FakeApp, random: () => number): Promise<string[]> {
  const pick = <T>(...choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
  const stored: string[] = [];
  const start = (): MobileClient => app.start({ lifecycleEvents: true, flushAt: 5 }, pick("multi", "single"));
  let client = start();
  const events: readonly (() => void)[] = [
    () => void client.identify(pick("u1", "u2")),
    () => client.reset(),
    () => client.register({ n: random() }),
    () => (app.fate = pick<Fate>("ok", "offline", "reply lost", 503)),
    () => (app.storage.fails = random() < 0.3),
    () => (app.storage.delayMs = pick(0, 0, 40, 3000)),
    () => (app.storage.hangs = random() < 0.2),
    () => app.storage.release(),
    () => app.state(pick("background", "inactive", "active")),
    () => app.network(random() < 0.7),
    () => {
      app.storage.death = pick<Death>("before", "half", "after");
      app.storage.writesLeft = Math.floor(random() * 4);
    },
    () => {
      app.storage.writesLeft = null;
      client = start();
    },
  ];
  for (let step = 0; step < 150; step++) {
    const calls = Math.floor(random() * 4);
    for (let i = 0; i < calls; i++) {
      void client.track("A", { step, i }).then((done) => done.outcome === "stored" && stored.push(done.messageId));
    }
    if (random() < 0.4) pick(...events)();
    await vi.advanceTimersByTimeAsync(pick(0, 1, 50, 700, 6000));
  }
  return stored;
}

test.each(Array.from({ length: 40 }, (_, i) => i + 1))(
  "SM9: whatever happens to a phone (seed %i), what was called stored arrives, as it was, and leaves the disk",
  async (seed) => {
    const app = new FakeApp();
    const stored = await live(app, createRandom(seed));
    Object.assign(app.storage, { fails: false, delayMs: 0, writesLeft: null });
    app.storage.release();
    app.fate = "ok";
    app.start();
    await vi.advanceTimersByTimeAsync(120_000);
    const arrived = new Map<unknown, string>();
    for (const event of app.events()) {
      // The first start of a release is repeated under its id until it is noted, each time with the time of then.
      if (event["event"] === "Application Installed") continue;
      const json = JSON.stringify(event);
      expect(arrived.get(event["messageId"]) ?? json).toBe(json);
      arrived.set(event["messageId"], json);
    }
    expect(stored.length).toBeGreaterThan(0);
    expect(stored.filter((id) => !arrived.has(id))).toEqual([]);
    expect(app.queued()).toEqual([]);
  },
);
