import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeApp } from "../testing/fake-app.ts";
import type { Death } from "../testing/fake-storage.ts";
import type { Acknowledgement } from "./notices.ts";
import type { MobileClient, MobileOptions } from "./options.ts";

/*
 * What the browser SDK has to withstand in a real browser, on a simulated phone: servers that fail, answers that get lost, an app
 * that is left or killed, storage that is slow, full or dies with its process.
 */
let app: FakeApp;
beforeEach(() => {
  vi.useFakeTimers();
  app = new FakeApp();
});
afterEach(() => vi.useRealTimers());

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

/** Makes so many calls without waiting for any; what they resolve to is noted as it comes. */
function trackMany(client: MobileClient, count: number): Acknowledgement[] {
  const acknowledged: Acknowledgement[] = [];
  for (let i = 0; i < count; i++)
    void client.track("A", { i }).then((acknowledgement) => acknowledged.push(acknowledgement));
  return acknowledged;
}

/** The numbers of the events that the server has taken, in the order in which each came first. */
function numbers(): unknown[] {
  const first = new Map(
    app
      .events()
      .map((event) => [event["messageId"], event])
      .reverse() as [unknown, object][],
  );
  return [...first.values()].reverse().map((event) => (event as { properties: { i?: number } }).properties.i);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe("the network", () => {
  test.each([0, 40])(
    "SM40: 200 events while the server answers 503 for 10 s arrive once each, in order, in at most 12 requests (storage takes %i ms)",
    async (delayMs) => {
      app.storage.delayMs = delayMs;
      app.fate = 503;
      trackMany(app.start(), 200);
      await pass(10_000);
      app.fate = "ok";
      await pass(60_000);
      expect(numbers()).toEqual(upTo(200));
      expect(app.events()).toHaveLength(200);
      expect(app.requests).toBeLessThanOrEqual(12);
      expect(app.queued()).toEqual([]);
    },
  );

  test("SM41: when answers get lost after the server has taken a batch, resends carry the same ids and the same words", async () => {
    app.fate = "reply lost";
    trackMany(app.start(), 200);
    await pass(5000);
    app.fate = "ok";
    await pass(60_000);
    expect(app.events().length).toBeGreaterThan(200);
    expect(new Set(app.events().map((event) => JSON.stringify(event))).size).toBe(200);
    expect(numbers()).toEqual(upTo(200));
  });

  test.each(["offline", "captive portal", 403, 404] as const)(
    "SM42: a host that is blocked (%s) is asked ever more rarely, and costs no event and no call where it may come back",
    async (fate) => {
      app.fate = fate;
      const client = app.start();
      const acknowledged = trackMany(client, 30);
      const dropped: unknown[] = [];
      client.on("dropped", ({ reason }) => dropped.push(reason));
      await pass(3_600_000);
      const mayComeBack = typeof fate !== "number";
      expect(acknowledged.map(({ outcome }) => outcome)).toEqual(upTo(30).map(() => "stored"));
      // A random share of at most a minute between two tries.
      expect(app.requests).toBeLessThan(mayComeBack ? 300 : 2);
      expect(dropped).toEqual(mayComeBack ? [] : upTo(30).map(() => `http_${fate}`));
      app.fate = "ok";
      await pass(60_000);
      expect(numbers()).toEqual(mayComeBack ? upTo(30) : []);
    },
  );
});

test("SM49: a request without an answer is given up after 30 s, aborted, and sent again under the same ids", async () => {
  const signals: AbortSignal[] = [];
  const client = app.start({
    fetch: (_, init) => {
      signals.push((init as { readonly signal?: AbortSignal }).signal ?? AbortSignal.abort());
      return new Promise(() => undefined); // what ignores the signal must not hold the queue either
    },
  });
  const { messageId } = await client.track("A");
  void client.flush();
  await pass(29_000);
  expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  await pass(3000);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  app.start();
  await pass(1000);
  expect(app.ids()).toEqual([messageId]);
});

describe("an app that is left or killed", () => {
  test.each([0, 40, 900])(
    "SM43: 50 calls and the app is left, then killed: all that were called stored arrive, now or with the next start (storage takes %i ms)",
    async (delayMs) => {
      const client = app.start();
      await pass(3000);
      app.storage.delayMs = delayMs;
      const acknowledged = trackMany(client, 50);
      app.state("inactive");
      app.state("background");
      await pass(0);
      // What the system's few seconds are for: the requests are on their way at once, whatever the storage does.
      expect(numbers()).toEqual(upTo(50));
      await pass(3000);
      expect(acknowledged).toHaveLength(50);
      app.kill();
      app.start();
      await pass(20_000);
      expect(numbers()).toEqual(upTo(50));
      expect(app.queued()).toEqual([]);
    },
  );

  test.each([0, 40])(
    "SM43: server down, 100 calls, killed two seconds later: 100 of 100 with the next start (storage takes %i ms)",
    async (delayMs) => {
      app.fate = "offline";
      app.storage.delayMs = delayMs;
      const acknowledged = trackMany(app.start({ lifecycleEvents: true }), 100);
      await pass(2000);
      expect(acknowledged).toHaveLength(100);
      app.fate = "ok";
      app.start();
      await pass(20_000);
      expect(numbers().filter((i) => i !== undefined)).toEqual(upTo(100));
    },
  );

  test("SM43: a return to the foreground ends a pause that the server did not ask for", async () => {
    app.fate = 503;
    const client = app.start();
    trackMany(client, 50);
    await pass(600_000);
    app.state("background");
    await pass(10);
    const before = app.requests;
    app.fate = "ok";
    app.state("active");
    await pass(0);
    expect(app.requests).toBe(before + 1);
    expect(numbers()).toEqual(upTo(50));
  });
});

describe("storage", () => {
  test("SM44: on a full disk calls say memory, everything is sent, and what fits again is written", async () => {
    app.fate = "offline";
    const client = app.start();
    await client.track("First", { i: -1 });
    app.storage.roomCharacters = [...app.storage.entries].reduce(
      (sum, [key, value]) => sum + key.length + value.length,
      100,
    );
    const acknowledged = trackMany(client, 40);
    await pass(1000);
    expect(new Set(acknowledged.map(({ outcome }) => outcome))).toEqual(new Set(["memory"]));
    expect(app.queued()).toHaveLength(1);
    app.storage.roomCharacters = Infinity;
    await pass(20_000);
    expect(app.queued()).toHaveLength(41);
    app.fate = "ok";
    app.start();
    await pass(20_000);
    expect(numbers()).toEqual([-1, ...upTo(40)]);
    expect(app.queued()).toEqual([]);
  });

  test("SM44: settled events make room on a full disk, also in one that takes no new entry", async () => {
    app.fate = "offline";
    const client = app.start();
    for (const i of upTo(20)) await client.track("A", { i });
    app.storage.roomCharacters = 0;
    const late = trackMany(client, 1);
    app.fate = "ok";
    app.network(true);
    await pass(60_000);
    expect(late.map(({ outcome }) => outcome)).toEqual(["memory"]);
    expect(app.ids()).toHaveLength(21);
    expect(app.queued()).toEqual([]);
  });
});

const lifecycle: Partial<MobileOptions> = { lifecycleEvents: true, flushAt: 4, flushIntervalMs: 500 };

/** One life: calls that are awaited, calls that are not, a user who signs in and out, deliveries in between. */
async function live(client: MobileClient, name: string, stored: string[]): Promise<void> {
  const note = (call: Promise<Acknowledgement>): void => {
    void call.then(({ outcome, messageId }) => outcome === "stored" && stored.push(messageId));
  };
  note(client.track(name));
  await pass(10);
  note(client.identify(name));
  for (const i of upTo(3)) note(client.track(name, { i }));
  await pass(700);
  client.reset();
  note(client.screen(name));
  app.state("background");
  await pass(600);
}

describe("process death", () => {
  test.each([
    ["multi", "half"],
    ["single", "before"],
    ["single", "after"],
  ] as const)(
    "SM45: death in any write, and in any write of the life after it (%s, %s), loses nothing that was called stored",
    async (kind: "multi" | "single", death: Death) => {
      let deaths = 0;
      for (let first = 0, hasDied = true; hasDied; first++) {
        for (let second = first % 3, hasDiedAgain = true; hasDiedAgain; second += 3) {
          app = new FakeApp();
          app.fate = "reply lost";
          Object.assign(app.storage, { death, writesLeft: first });
          const stored: string[] = [];
          await live(app.start(lifecycle, kind), "one", stored);
          hasDied = (app.storage.writesLeft ?? 0) < 0;
          Object.assign(app.storage, { writesLeft: second });
          await live(app.start(lifecycle, kind), "two", stored);
          hasDiedAgain = (app.storage.writesLeft ?? 0) < 0;
          Object.assign(app.storage, { writesLeft: null });
          app.fate = "ok";
          app.start(lifecycle, kind);
          await pass(5000);
          const ids = app.ids();
          expect(stored.filter((id) => !ids.includes(id))).toEqual([]);
          expect(app.queued()).toEqual([]);
          deaths += Number(hasDied) + Number(hasDiedAgain);
        }
      }
      expect(deaths).toBeGreaterThan(kind === "multi" ? 15 : 100);
    },
  );

  test.each(["before", "half"] as const)(
    "SM46: where calls are awaited one by one, death in any write (%s) loses at most the event being written",
    async (death: Death) => {
      for (let write = 0, hasDied = true; hasDied; write++) {
        app = new FakeApp();
        app.fate = "offline";
        Object.assign(app.storage, { death, writesLeft: write });
        const client = app.start();
        let called = 0;
        const calls = (async () => {
          for (; called < 12;) {
            called++;
            await client.track("A", { i: called });
          }
        })();
        await pass(2000);
        hasDied = (app.storage.writesLeft ?? 0) < 0;
        const made = called; // what a dead process would do from now on does not count
        if (!hasDied) await calls;
        Object.assign(app.storage, { writesLeft: null });
        app.fate = "ok";
        app.start();
        await pass(5000);
        const lost = upTo(made).filter((i) => !numbers().includes(i + 1));
        expect(lost.length).toBeLessThanOrEqual(hasDied ? 1 : 0);
      }
    },
  );
});
