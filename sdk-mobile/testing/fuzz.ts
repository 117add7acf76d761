import { vi } from "vitest";
import type { createClient, MobileClient } from "../src/index.ts";
import { type Fate, FakeApp } from "./fake-app.ts";
import type { Death } from "./fake-storage.ts";
import { createRandom } from "./random.ts";

/**
 * The life of a phone on which anything may happen at any time, with the same choices for the same seed. Afterwards all is well for
 * two minutes, and every promise is checked. Needs fake timers.
 *
 * @returns what was broken, or `null`.
 */
export async function fuzzPhone(seed: number, create?: typeof createClient): Promise<string | null> {
  const app = new FakeApp(seed, create);
  const stored = await live(app, createRandom(seed));
  Object.assign(app.storage, { fails: false, failsHalfway: false, delayMs: 0, writesLeft: null });
  app.storage.release();
  app.fate = "ok";
  app.start();
  await vi.advanceTimersByTimeAsync(120_000);
  const arrived = new Map<unknown, string>();
  for (const event of app.events()) {
    // The first start of a release is repeated under its id until it is noted, each time with the time of then.
    if (event["event"] === "Application Installed") continue;
    const json = JSON.stringify(event);
    if ((arrived.get(event["messageId"]) ?? json) !== json) return "an event arrived in two versions";
    arrived.set(event["messageId"], json);
  }
  if (stored.length === 0) return "nothing was ever stored";
  if (stored.some((id) => !arrived.has(id))) return "an event that was called stored did not arrive";
  return app.queued().length > 0 ? "settled events stay on disk" : null;
}

/** Returns the ids that calls were told to be stored. */
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
    () => (app.storage.failsHalfway = random() < 0.5),
    () => (app.storage.delayMs = pick(0, 0, 40, 3000)),
    () => (app.storage.hangs = random() < 0.2),
    () => app.storage.release(),
    () => app.state(pick("background", "inactive", "active")),
    () => app.network(random() < 0.7),
    () => {
      app.storage.death = pick<Death>("before", "half", "torn", "after");
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
