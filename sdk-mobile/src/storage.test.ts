import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeApp } from "../testing/fake-app.ts";
import type { Death } from "../testing/fake-storage.ts";
import { mmkvStorage } from "./mmkv.ts";
import type { Acknowledgement } from "./notices.ts";
import type { MobileClient, MobileOptions } from "./options.ts";

let app: FakeApp;
beforeEach(() => {
  vi.useFakeTimers();
  app = new FakeApp();
});
afterEach(() => vi.useRealTimers());

const lifecycle: Partial<MobileOptions> = { lifecycleEvents: true, flushAt: 4, flushIntervalMs: 500 };

/** One life of a process: calls that are awaited, calls that are not, a user who signs in, deliveries in between. */
async function live(client: MobileClient, acknowledged: Acknowledgement[]): Promise<void> {
  const note = (call: Promise<Acknowledgement>): void => {
    void call.then((acknowledgement) => acknowledged.push(acknowledgement));
  };
  note(client.track("A"));
  await vi.advanceTimersByTimeAsync(10);
  note(client.identify("u1", { plan: "pro" }));
  for (let i = 0; i < 5; i++) note(client.track("Burst", { i }));
  await vi.advanceTimersByTimeAsync(700);
  note(client.screen("Cart"));
  app.state("background");
  await vi.advanceTimersByTimeAsync(1000);
  note(client.track("Last"));
  await vi.advanceTimersByTimeAsync(10);
}

describe("process death", () => {
  test.each([
    ["multi", "before"],
    ["multi", "half"],
    ["multi", "after"],
    ["single", "before"],
    ["single", "after"],
  ] as const)(
    "SM9: death in any write (%s, %s) loses no event that was called stored, changes no id, and keeps the user",
    async (kind: "multi" | "single", death: Death) => {
      let deaths = 0;
      for (const network of ["ok", "offline", "reply lost"] as const) {
        for (let write = 0; ; write++) {
          app = new FakeApp();
          app.fate = network;
          app.storage.death = death;
          app.storage.writesLeft = write;
          const acknowledged: Acknowledgement[] = [];
          await live(app.start(lifecycle, kind), acknowledged);
          const hasDied = app.storage.writesLeft < 0;
          const stored = acknowledged.filter(({ outcome }) => outcome === "stored").map(({ messageId }) => messageId);
          app.storage.writesLeft = null;
          app.fate = "ok";
          const hasIdentity = [...app.storage.entries.keys()].some((key) => key.endsWith(".id"));
          const next = app.start(lifecycle, kind);
          void next.track("Next life");
          await vi.advanceTimersByTimeAsync(5000);
          expect(stored.filter((id) => !app.ids().includes(id))).toEqual([]);
          expect(app.queued()).toEqual([]);
          const events = app.events();
          if (hasIdentity) expect(new Set(events.map((event) => event["anonymousId"])).size).toBe(1);
          const wasIdentified = events.some(
            (event) => event["type"] === "identify" && stored.includes(String(event["messageId"])),
          );
          if (wasIdentified) expect(events.at(-1)?.["userId"]).toBe("u1");
          const installed = events.filter((event) => event["event"] === "Application Installed");
          if (hasIdentity) expect(new Set(installed.map((event) => event["messageId"])).size).toBe(1);
          if (!hasDied) break;
          deaths++;
        }
      }
      expect(deaths).toBeGreaterThan(15);
    },
  );

  test("SM15: nothing of a first launch without network is lost, and the order is that of the calls", async () => {
    app.fate = "offline";
    const first = app.start({ lifecycleEvents: true });
    for (let i = 0; i < 300; i++) void first.track(`E${i}`);
    await vi.advanceTimersByTimeAsync(3_600_000);
    app.fate = "ok";
    app.start({ lifecycleEvents: true });
    await vi.advanceTimersByTimeAsync(10_000);
    const names = app.names().filter((name) => String(name).startsWith("E"));
    expect(names).toEqual(Array.from({ length: 300 }, (_, i) => `E${i}`));
  });

  test("SM39: with MMKV an event is on disk before the next turn of the app", async () => {
    const entries = new Map<string, string>();
    const mmkv = {
      getString: (key: string) => entries.get(key),
      set: (key: string, value: string) => void entries.set(key, value),
      getAllKeys: () => [...entries.keys()],
      remove: (key: string) => void entries.delete(key),
    };
    app.fate = "offline";
    const client = app.start({ storage: mmkvStorage(mmkv) });
    await client.track("A");
    void client.track("B");
    for (let i = 0; i < 20; i++) await Promise.resolve();
    expect([...entries.values()].filter((value) => value.includes(`"event":"B"`))).toHaveLength(1);
    app.fate = "ok";
    app.start({ storage: mmkvStorage(mmkv) });
    await vi.advanceTimersByTimeAsync(1000);
    expect(app.names()).toEqual(["A", "B"]);
    expect([...entries.keys()].filter((key) => key.includes(".q."))).toEqual([]);
  });
});

describe("storage that is slow or fails", () => {
  test("SM6: when the storage fails the event stays in memory, says so, and is delivered", async () => {
    app.storage.fails = true;
    const client = app.start();
    expect((await client.track("A")).outcome).toBe("memory");
    const flush = client.flush();
    await vi.advanceTimersByTimeAsync(100);
    expect((await flush).delivered).toHaveLength(1);
  });

  test("SM10: storage that hangs holds no call for more than five seconds; what it holds is sent when it answers", async () => {
    app.fate = "offline";
    await app.start().track("Earlier");
    app.fate = "ok";
    app.storage.hangs = true;
    const client = app.start();
    const call = client.track("A");
    await vi.advanceTimersByTimeAsync(5000);
    expect((await call).outcome).toBe("memory");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(app.names()).toEqual(["A"]);
    app.storage.release();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(app.names()).toEqual(["A", "Earlier"]);
    expect(app.queued()).toEqual([]);
    app.storage.hangs = true;
    const stuck = client.track("B");
    await vi.advanceTimersByTimeAsync(5000);
    expect((await stuck).outcome).toBe("memory");
    expect((await client.track("C")).outcome).toBe("memory");
  });

  test("SM2: events of an earlier run that the storage brings late go before those that wait meanwhile", async () => {
    app.fate = "offline";
    await app.start().track("Earlier");
    app.storage.hangs = true;
    const client = app.start();
    void client.track("A");
    await vi.advanceTimersByTimeAsync(6000);
    app.storage.release();
    await vi.advanceTimersByTimeAsync(10);
    app.network(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(app.names()).toEqual(["Earlier", "A"]);
  });

  test("SM2: runs are sent in their order, also when the clock was set back between them", async () => {
    app.fate = "offline";
    await app.start().track("A");
    await vi.advanceTimersByTimeAsync(1000);
    app.kill();
    vi.setSystemTime(Date.now() - 3_600_000);
    const second = app.start();
    await second.track("B");
    await second.track("C");
    app.fate = "ok";
    app.start();
    await vi.advanceTimersByTimeAsync(1000);
    expect(app.names()).toEqual(["A", "B", "C"]);
  });

  test("SM10: while the storage is slow, what waits for it is written in one go", async () => {
    app.fate = "offline";
    app.storage.delayMs = 200;
    const client = app.start();
    await vi.advanceTimersByTimeAsync(1000);
    const calls = Array.from({ length: 80 }, (_, i) => client.track("A", { i }));
    await vi.advanceTimersByTimeAsync(400);
    expect(new Set((await Promise.all(calls)).map((call) => call.outcome))).toEqual(new Set(["stored"]));
  });

  test("SM11: what could not be written is written when the storage is back, also without a further call", async () => {
    app.fate = "offline";
    const client = app.start();
    await client.track("A");
    app.storage.fails = true;
    expect((await client.track("B")).outcome).toBe("memory");
    expect((await client.track("C")).outcome).toBe("memory");
    app.storage.fails = false;
    await vi.advanceTimersByTimeAsync(10_100);
    expect(app.queued()).toHaveLength(3);
    app.fate = "ok";
    app.start();
    await vi.advanceTimersByTimeAsync(1000);
    expect(app.names()).toEqual(["A", "B", "C"]);
  });

  test("SM18: storage that fails at the start makes neither another user nor another installation", async () => {
    const first = app.start({ lifecycleEvents: true });
    await first.identify("u1");
    const anonymousId = await first.anonymousId();
    await vi.advanceTimersByTimeAsync(11_000);
    app.storage.fails = true;
    const second = app.start({ lifecycleEvents: true });
    await second.track("Meanwhile");
    await vi.advanceTimersByTimeAsync(1000);
    app.storage.fails = false;
    await vi.advanceTimersByTimeAsync(11_000);
    const third = app.start({ lifecycleEvents: true });
    await third.track("Later");
    await vi.advanceTimersByTimeAsync(11_000);
    expect(app.names().filter((name) => name === "Application Installed")).toHaveLength(1);
    expect(app.events().at(-1)).toMatchObject({ event: "Later", userId: "u1", anonymousId });
  });

  test("SM12: an entry that was cut off is dropped as unreadable and named; the others are sent", async () => {
    app.fate = "offline";
    const first = app.start();
    const ids = [await first.track("A"), await first.track("B"), await first.track("C"), await first.track("D")].map(
      (call) => call.messageId,
    );
    const [a = "", b = ""] = app.queued();
    app.storage.entries.set(a, app.storage.entries.get(a)?.slice(0, -5) ?? "");
    app.storage.entries.set(b, app.storage.entries.get(b)?.slice(0, 9) ?? "");
    app.storage.entries.set(`${a}x`, "garbage");
    app.fate = "ok";
    const second = app.start();
    const dropped: unknown[] = [];
    second.on("dropped", ({ messageId, reason }) => dropped.push([messageId, reason]));
    await vi.advanceTimersByTimeAsync(1000);
    expect(app.names()).toEqual(["C", "D"]);
    expect(dropped).toEqual([
      [ids[0], "unreadable"],
      ["", "unreadable"],
      ["", "unreadable"],
    ]);
    expect(app.queued()).toEqual([]);
  });

  test("SM13: an event that has waited for 30 days is dropped as expired", async () => {
    app.fate = "offline";
    const first = app.start();
    const old = await first.track("Old");
    await vi.advanceTimersByTimeAsync(86_400_000);
    await first.track("Younger");
    app.kill();
    vi.setSystemTime(Date.now() + 29.5 * 86_400_000);
    app.fate = "ok";
    const second = app.start();
    const dropped: unknown[] = [];
    second.on("dropped", (notice) => dropped.push(notice));
    await vi.advanceTimersByTimeAsync(1000);
    expect(app.names()).toEqual(["Younger"]);
    expect(dropped).toEqual([{ outcome: "dropped", messageId: old.messageId, reason: "expired" }]);
    expect(app.queued()).toEqual([]);
  });

  test.each([
    [{ maxQueueEvents: 3 }, 3],
    [{ maxQueueBytes: 1500 }, 5],
  ])("SM14: a queue with %o, earlier runs included, drops the newest events as queue_full", async (limits, taken) => {
    app.fate = "offline";
    const first = app.start(limits);
    await first.track("A");
    await first.track("B");
    const second = app.start(limits);
    const dropped: string[] = [];
    second.on("dropped", ({ reason }) => dropped.push(reason));
    for (const name of ["C", "D", "E", "F"]) await second.track(name);
    expect(app.queued()).toHaveLength(taken);
    expect(dropped).toEqual(Array.from({ length: 6 - taken }, () => "queue_full"));
  });

  test("SM14: events that are delivered, or given up for consent, make room for others", async () => {
    const client = app.start({ maxQueueEvents: 3 });
    const dropped: string[] = [];
    client.on("dropped", ({ reason }) => dropped.push(reason));
    for (let round = 0; round < 3; round++) {
      for (const name of ["A", "B", "C"]) await client.track(name);
      void client.flush();
      await vi.advanceTimersByTimeAsync(100);
    }
    expect([app.ids().length, dropped]).toEqual([9, []]);
    app.fate = "offline";
    for (const name of ["A", "B", "C"]) await client.track(name);
    client.setConsent("denied");
    client.setConsent("granted");
    for (const name of ["A", "B", "C"]) await client.track(name);
    expect(dropped).toEqual(["no_consent", "no_consent", "no_consent"]);
  });

  test("SM18: who signs in while the storage is late is the user from then on, whoever is stored", async () => {
    const first = app.start();
    await first.identify("u1");
    const anonymousId = await first.anonymousId();
    app.storage.hangs = true;
    const second = app.start();
    void second.identify("u2");
    await vi.advanceTimersByTimeAsync(6000);
    app.storage.release();
    await vi.advanceTimersByTimeAsync(10);
    await second.track("A");
    const third = app.start();
    await third.track("B");
    void third.flush();
    await vi.advanceTimersByTimeAsync(60_000);
    const [a, b] = ["A", "B"].map((name) => app.events().find(({ event }) => event === name));
    expect([a, b]).toMatchObject([
      { userId: "u2", anonymousId },
      { userId: "u2", anonymousId },
    ]);
  });

  test("SM38: a thousand calls before the storage answers are held, further ones are dropped as queue_full", async () => {
    app.storage.hangs = true;
    app.fate = "offline";
    const client = app.start({ maxQueueEvents: 5000 });
    const calls = Array.from({ length: 1001 }, () => client.track("A"));
    expect((await calls[1000])?.outcome).toBe("dropped");
    app.storage.release();
    await vi.advanceTimersByTimeAsync(100);
    expect((await calls[999])?.outcome).toBe("stored");
  });
});
