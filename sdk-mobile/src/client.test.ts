import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import packageJson from "../package.json" with { type: "json" };
import { appKey, FakeApp } from "../testing/fake-app.ts";
import { createClient } from "./client.ts";
import type { MobileNotice } from "./notices.ts";
import type { MobileClient, MobileOptions } from "./options.ts";
import { sdkName, sdkVersion } from "./version.ts";

let app: FakeApp;
beforeEach(() => {
  vi.useFakeTimers();
  app = new FakeApp();
});
afterEach(() => vi.useRealTimers());

/** Lets everything be sent that can be. */
async function settle(client: MobileClient): Promise<Awaited<ReturnType<MobileClient["flush"]>>> {
  const report = client.flush();
  await vi.advanceTimersByTimeAsync(100);
  return report;
}

describe("calls", () => {
  test("SM1: a call resolves when its event is on disk, and not before", async () => {
    app.fate = "offline";
    app.storage.delayMs = 50;
    const acknowledged = app.start().track("Opened");
    await vi.advanceTimersByTimeAsync(149);
    expect(await Promise.race([acknowledged, Promise.resolve("not yet")])).toBe("not yet");
    expect(app.queued()).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect((await acknowledged).outcome).toBe("stored");
    expect(app.storage.entries.get(app.queued()[0] ?? "")).toContain(`"event":"Opened"`);
  });

  test("SM2: events of a killed app are sent first by the next start, with the same ids, and leave the disk", async () => {
    app.fate = "offline";
    const first = app.start();
    const ids = [await first.track("A"), await first.screen("B", {}, { messageId: "z" }), await first.track("C")].map(
      (call) => call.messageId,
    );
    app.fate = "ok";
    const second = app.start();
    const later = await second.track("D");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(app.events().map((event) => event["messageId"])).toEqual([...ids, later.messageId]);
    expect(app.queued()).toEqual([]);
  });

  test("SM3: the calls carry ids, session, context and library to /v1/batch", async () => {
    const client = app.start();
    app.network(true, "wifi");
    await client.identify("u1", { plan: "pro" });
    await client.group("g1");
    await client.alias("u2");
    expect((await settle(client)).delivered).toHaveLength(3);
    expect(app.sent[0]).toMatchObject({ url: "https://in.example.com/v1/batch", body: { writeKey: appKey } });
    expect(app.events()).toMatchObject([
      { type: "identify", userId: "u1", traits: { plan: "pro" } },
      { type: "group", groupId: "g1", userId: "u1" },
      { type: "alias", userId: "u2", previousId: "u1" },
    ]);
    for (const event of app.events()) {
      expect(event).toMatchObject({
        anonymousId: expect.stringMatching(/^[0-9A-Z]{26}$/) as unknown,
        context: {
          app: { version: "7" },
          network: { wifi: true, cellular: false },
          session: { id: expect.any(String) as unknown, number: 1 },
          library: { name: sdkName, version: sdkVersion },
        },
      });
    }
  });

  test("SM4: the anonymous id and user survive a restart; reset forgets them", async () => {
    const first = app.start();
    await first.identify("u1");
    await settle(first);
    const second = app.start();
    const a1 = second.track("A");
    second.reset();
    await Promise.all([a1, second.track("B")]);
    await settle(second);
    const [identified, a, b] = app.events();
    expect(a).toMatchObject({ userId: "u1", anonymousId: identified?.["anonymousId"] });
    expect(b).not.toHaveProperty("userId");
    expect(b?.["anonymousId"]).not.toBe(a?.["anonymousId"]);
  });

  test("SM4: reset begins a new session, and holds against an identity that the storage brings late", async () => {
    const first = app.start();
    await first.identify("u1");
    first.reset();
    await first.track("A");
    await settle(first);
    const [before, after] = app
      .events()
      .map((event) => (event["context"] as { session: { id: string; number: number } }).session);
    expect([before?.number, after?.number]).toEqual([1, 1]);
    expect(after?.id).not.toBe(before?.id);
    await first.identify("u2");
    app.storage.hangs = true;
    const second = app.start();
    second.reset();
    void second.track("B");
    await vi.advanceTimersByTimeAsync(6000);
    app.storage.release();
    await vi.advanceTimersByTimeAsync(10);
    await second.track("C");
    await settle(second);
    const [a, b, c] = ["A", "B", "C"].map((name) => app.events().find(({ event }) => event === name));
    expect([b?.["userId"], c?.["userId"]]).toEqual([undefined, undefined]);
    expect(c?.["anonymousId"]).toBe(b?.["anonymousId"]);
    expect(c?.["anonymousId"]).not.toBe(a?.["anonymousId"]);
  });

  test("SM7: what cannot be taken is dropped with a reason, and no call ever rejects", async () => {
    const told: MobileNotice[] = [];
    const client = app.start();
    client.on("dropped", (notice) => {
      told.push(notice);
      throw new Error("listener");
    });
    const hostile = Object.defineProperty({}, "x", { enumerable: true, get: () => 1 });
    Object.defineProperty(hostile, "y", {
      enumerable: true,
      get() {
        throw new Error("getter");
      },
    });
    const early = client.track("A", hostile);
    expect((await early).outcome).toBe("dropped");
    expect((await client.track("A", { n: 1n })).outcome).toBe("dropped");
    expect((await client.track("A", hostile)).outcome).toBe("dropped");
    expect((await client.track("A", { text: "x".repeat(40_000) })).outcome).toBe("dropped");
    client.register({ n: 1n });
    expect(told.map((notice) => "reason" in notice && notice.reason)).toEqual([
      "invalid_event",
      "invalid_event",
      "invalid_event",
      "event_too_large",
    ]);
    expect((await client.track("B")).outcome).toBe("stored");
  });

  test("SM8: name and version in context.library are those of the package", () => {
    expect({ name: sdkName, version: sdkVersion }).toEqual({ name: packageJson.name, version: packageJson.version });
  });

  test("SM22: a session ends after 30 idle minutes, is numbered, and survives a kill within them", async () => {
    const first = app.start();
    await first.track("A");
    await vi.advanceTimersByTimeAsync(29 * 60_000);
    const second = app.start();
    await second.track("B");
    await vi.advanceTimersByTimeAsync(31 * 60_000);
    await second.track("C");
    await settle(second);
    const sessions = app
      .events()
      .map((event) => (event["context"] as { session: { id: string; number: number } }).session);
    expect(sessions.map((session) => session.number)).toEqual([1, 1, 2]);
    expect(sessions[1]?.id).toBe(sessions[0]?.id);
    expect(sessions[2]?.id).not.toBe(sessions[0]?.id);
  });

  test("SM26: registered properties go with tracks and screens, in later runs too, until reset", async () => {
    const first = app.start();
    first.register({ theme: "dark", plan: "free" });
    await first.track("A", { plan: "pro" });
    await first.group("g");
    const second = app.start();
    await second.screen("B");
    second.reset();
    await second.track("C");
    await settle(second);
    const byName = new Map(app.events().map((event, i) => [app.names()[i], event]));
    expect(byName.get("A")?.["properties"]).toEqual({ theme: "dark", plan: "pro" });
    expect(byName.get("B")?.["properties"]).toEqual({ theme: "dark", plan: "free" });
    expect(byName.get("C")?.["properties"]).toEqual({});
    expect(byName.get("group")).not.toHaveProperty("properties");
    second.register({ theme: "light" });
    await vi.advanceTimersByTimeAsync(10);
    const third = app.start();
    await third.track("D");
    await settle(third);
    expect(app.events().at(-1)?.["properties"]).toEqual({ theme: "light" });
  });

  test("SM27: a plugin changes and drops events; listeners hear of each outcome and pause until they end", async () => {
    const client = app.start();
    const told: unknown[] = [];
    client.use({
      before: (event) => (event["event"] === "Secret" ? null : { ...event, properties: { seen: true } }),
      after: ({ outcome }) => void told.push(outcome),
    });
    client.use({
      before: () => {
        throw new Error("plugin");
      },
    });
    const stop = client.on("delivered", () => told.push("heard"));
    await client.track("A");
    expect((await client.track("Secret")).outcome).toBe("dropped");
    app.fate = 503;
    const report = client.flush(50);
    await vi.advanceTimersByTimeAsync(50);
    expect((await report).kept).toHaveLength(1);
    app.fate = "ok";
    await vi.advanceTimersByTimeAsync(60_000);
    stop();
    await client.track("B");
    await settle(client);
    expect(app.events()).toMatchObject([{ properties: { seen: true } }, { event: "B" }]);
    expect(told).toEqual(["dropped", "retry", "delivered", "heard", "delivered"]);
  });

  test("SM55: an asynchronous listener or plugin changes nothing, and what it rejects with is ignored", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", note);
    const refuse = (): unknown => Promise.reject(new Error("of the app's"));
    const client = app.start();
    client.use({ before: () => Promise.resolve({}) as never, after: refuse });
    client.on("delivered", refuse);
    void client.track("A", { sku: "1" });
    await settle(client);
    vi.useRealTimers();
    await new Promise((resolve) => setTimeout(resolve, 0)); // rejections are reported once the microtasks are done
    process.off("unhandledRejection", note);
    expect(app.events()).toMatchObject([{ event: "A", properties: { sku: "1" } }]);
    expect(unhandled).toEqual([]);
  });

  test("SM28: with a map of events, track takes only its names, each with its properties", async () => {
    interface Events {
      readonly "Product Added": { readonly sku: string };
      readonly "Logged Out": { readonly reason?: string };
    }
    const client = app.start() as unknown as MobileClient<Events>;
    await client.track("Product Added", { sku: "A1" });
    await client.track("Logged Out");
    // @ts-expect-error the property is missing
    await client.track("Product Added");
    // @ts-expect-error the name is not in the map
    await client.track("Product Removed", { sku: "A1" });
    expect(app.queued()).toHaveLength(4);
  });

  test("SM29: an unusable option throws a TypeError that names it and does not repeat its value", () => {
    const good = { host: "https://in.example.com", writeKey: appKey, storage: app.storage.attach("multi") };
    const bad: Partial<Record<keyof MobileOptions, unknown>> = {
      host: "secret",
      writeKey: "secret",
      storage: { getItem: "secret" },
      appState: "secret",
      netInfo: {},
      linking: null,
      flushAt: 0,
      flushIntervalMs: "secret",
      maxQueueEvents: 1.5,
      maxQueueBytes: NaN,
      consent: "secret",
      pending: "secret",
    };
    for (const [name, value] of Object.entries(bad)) {
      expect(() => createClient({ ...good, [name]: value })).toThrow(new TypeError(`sluice: bad ${name}`));
    }
    expect(() => createClient(undefined as never)).toThrow(new TypeError("sluice: bad host"));
  });

  test("SM30: an event is what it was at the call: its time, and its properties whatever becomes of them", async () => {
    app.storage.delayMs = 100;
    const client = app.start();
    const startMs = Date.now();
    const properties = { step: 1 };
    void client.track("A", properties);
    properties.step = 2;
    await vi.advanceTimersByTimeAsync(1000);
    await settle(client);
    expect(app.events()).toMatchObject([{ properties: { step: 1 }, timestamp: new Date(startMs).toISOString() }]);
  });
});

describe("the network", () => {
  test("SM5: leaving the foreground sends at once; coming back online ends the pause", async () => {
    const client = app.start();
    await client.track("A");
    expect(app.sent).toHaveLength(0);
    app.state("background");
    await vi.advanceTimersByTimeAsync(0);
    expect(app.events()).toHaveLength(1);
    app.network(false);
    await client.track("B");
    await vi.advanceTimersByTimeAsync(240_000);
    app.network(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(app.events()).toHaveLength(2);
  });

  test("SM47: what a phone has learned of the server's clock is kept: the next run states it from its first batch on", async () => {
    app.skewMs = 600_000;
    const first = app.start();
    await first.track("A");
    await settle(first);
    app.fate = "offline";
    await first.track("B");
    app.fate = "ok";
    await settle(app.start());
    expect(app.sent.map(({ body }) => body.clockOffsetMs)).toEqual([undefined, 600_000]);
  });

  test("SM16: a body of 1 KiB or more is gzip, says so, and is sent plain where the app wants that", async () => {
    for (const gzip of [true, false]) {
      const client = app.start({ gzip });
      for (let i = 0; i < 40; i++) void client.track("Product Viewed", { sku: `A${i}`, text: "ünï😀" });
      await settle(client);
    }
    const [packed, plain] = app.sent;
    expect(packed?.headers["content-encoding"]).toBe("gzip");
    expect(plain?.headers).not.toHaveProperty("content-encoding");
    expect(packed?.bytes).toBeLessThan((plain?.bytes ?? 0) / 5);
    expect(packed?.body.batch[39]).toMatchObject({ properties: { sku: "A39", text: "ünï😀" } });
  });

  test("SM35: an app that is left in a pause sends up to eight batches at once, and keeps what is not confirmed", async () => {
    const client = app.start();
    await client.track("First"); // teaches the clock; before that, only one batch may be under way
    await settle(client);
    app.fate = 503;
    for (let i = 0; i < 500; i++) void client.track("A", { i });
    await vi.advanceTimersByTimeAsync(1000);
    app.fate = "reply lost";
    app.state("background");
    await vi.advanceTimersByTimeAsync(0);
    expect(app.sent.length).toBe(1 + 8);
    expect(app.queued()).toHaveLength(500);
    app.fate = "ok";
    app.state("active");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(app.ids()).toHaveLength(501);
    expect(app.queued()).toEqual([]);
  });

  test("SM36: events that wait survive a change of the write key", async () => {
    app.fate = "offline";
    await app.start().track("A");
    app.fate = "ok";
    const writeKey = appKey.replace(".p1.", ".p2.");
    await settle(app.start({ writeKey }));
    expect(app.sent[0]?.body).toMatchObject({ writeKey, batch: [{ event: "A" }] });
  });
});
