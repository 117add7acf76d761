import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeApp } from "../testing/fake-app.ts";

let app: FakeApp;
beforeEach(() => {
  vi.useFakeTimers();
  app = new FakeApp();
});
afterEach(() => vi.useRealTimers());

const pass = (ms = 1000): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

test("SM24: while consent is pending, calls are held in memory and nothing is read or written; then all are sent", async () => {
  const client = app.start({ consent: "pending", flushIntervalMs: 100, lifecycleEvents: true });
  const startMs = Date.now();
  expect((await client.track("A")).outcome).toBe("memory");
  void client.identify("u1");
  client.register({ theme: "dark" });
  await client.track("B");
  expect(await client.anonymousId()).toMatch(/^[0-9A-Z]{26}$/);
  await pass();
  expect([app.storage.touched, app.sent]).toEqual([[], []]);
  client.setConsent("granted");
  await pass();
  expect(app.names()).toEqual(["Application Installed", "Application Opened", "A", "identify", "B"]);
  expect(app.events()[2]).toMatchObject({ timestamp: new Date(startMs).toISOString(), properties: {} });
  expect(app.events()[4]).toMatchObject({ userId: "u1", properties: { theme: "dark" } });
  expect(app.events()[4]?.["anonymousId"]).toBe(await client.anonymousId());
});

test("SM24: pending with `drop` drops calls as no_consent", async () => {
  const client = app.start({ consent: "pending", pending: "drop" });
  const reasons: string[] = [];
  client.on("dropped", ({ reason }) => reasons.push(reason));
  expect((await client.track("A")).outcome).toBe("dropped");
  client.setConsent("granted");
  await client.track("B");
  await pass(20_000);
  expect([reasons, app.names()]).toEqual([["no_consent"], ["B"]]);
});

test("SM24: pending with `anonymous` sends under an id of this process, without user, which then becomes the device's", async () => {
  const client = app.start({ consent: "pending", pending: "anonymous", flushIntervalMs: 100 });
  expect((await client.track("A")).outcome).toBe("memory");
  void client.identify("u1");
  await pass();
  expect(app.events()).toMatchObject([{ event: "A" }]);
  expect(app.events()[0]).not.toHaveProperty("userId");
  expect(app.storage.touched).toEqual([]);
  client.setConsent("granted");
  await client.track("B");
  await pass();
  expect(app.names()).toEqual(["A", "identify", "B"]);
  expect(new Set(app.events().map((event) => event["anonymousId"])).size).toBe(1);
  expect(app.events()[2]?.["userId"]).toBe("u1");
});

test("SM25: denied drops what waits, forgets the user, and removes what is on the device, also of earlier runs", async () => {
  app.fate = "offline";
  app.storage.entries.set("another module's", "stays");
  await app.start().track("Earlier");
  const client = app.start();
  const reasons: string[] = [];
  client.on("dropped", ({ reason }) => reasons.push(reason));
  await client.identify("u1");
  const before = await client.anonymousId();
  const flush = client.flush();
  await pass(10);
  client.setConsent("denied");
  expect((await flush).dropped.map((drop) => drop.reason)).toEqual(["no_consent", "no_consent"]);
  expect((await client.track("Denied")).outcome).toBe("dropped");
  expect(reasons).toEqual(["no_consent", "no_consent", "no_consent"]);
  await pass();
  expect([...app.storage.entries.keys()]).toEqual(["another module's"]);
  app.fate = "ok";
  client.setConsent("granted");
  await client.track("Granted again");
  await pass(60_000);
  expect(app.names()).toEqual(["Granted again"]);
  expect(app.events()[0]).not.toHaveProperty("userId");
  expect(app.events()[0]?.["anonymousId"]).not.toBe(before);
});

test("SM25: storage that fails is erased when it is back; a start with `denied` erases what an interrupted run has left", async () => {
  app.fate = "offline";
  await app.start().track("A");
  const client = app.start();
  await client.track("B");
  app.storage.fails = true;
  client.setConsent("denied");
  await pass();
  expect(app.storage.entries.size).toBeGreaterThan(0);
  app.storage.fails = false;
  await pass(10_000);
  expect(app.storage.entries.size).toBe(0);
  await app.start().track("C");
  app.start({ consent: "denied" });
  await pass();
  expect(app.storage.entries.size).toBe(0);
});

test("SM25: calls that were held while consent was pending are dropped when it is denied, and never recorded", async () => {
  const client = app.start({ consent: "pending" });
  const reasons: string[] = [];
  client.on("dropped", ({ reason }) => reasons.push(reason));
  await client.track("A");
  void client.identify("u1");
  client.setConsent("denied");
  await pass();
  expect(reasons).toEqual(["no_consent", "no_consent"]);
  client.setConsent("granted");
  await client.track("B");
  await pass(20_000);
  expect(app.names()).toEqual(["B"]);
  expect(app.events()[0]).not.toHaveProperty("userId");
});

test("SM25: what is in flight when consent is taken back is told once, and does not disturb what comes later", async () => {
  const client = app.start({ flushAt: 1 });
  const told: string[] = [];
  client.use({ after: (notice) => void told.push("reason" in notice ? String(notice.reason) : notice.outcome) });
  await pass(10);
  void client.track("A");
  client.setConsent("denied");
  client.setConsent("granted");
  await client.track("B");
  await pass();
  expect(told).toEqual(["no_consent", "delivered"]);
  expect(app.queued()).toEqual([]);
});

test("SM37: the app may name the anonymous id itself; it is kept", async () => {
  const client = app.start();
  void client.anonymousId("given");
  await client.track("A");
  const next = app.start();
  expect(await next.anonymousId()).toBe("given");
  await next.flush();
  await pass();
  expect(app.events()[0]?.["anonymousId"]).toBe("given");
});

test("SM24: consent that was pending for a while takes in nothing from the disk that this run has written itself", async () => {
  app.fate = "offline";
  const client = app.start();
  await client.track("A");
  client.setConsent("pending");
  await pass();
  client.setConsent("granted");
  await pass();
  app.fate = "ok";
  await pass(120_000);
  expect(app.names()).toEqual(["A"]);
});
