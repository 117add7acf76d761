import type { EventResult } from "@sluice/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FaultServer } from "../testing/fault-server.ts";
import { type Client, createClient } from "./index.ts";

let server: FaultServer;
let host: string;
const writeKey = "shop.server.s1.abcdefghijklmnopqrstuv";
const idOf = (i: number): string => `m${i}`;

beforeEach(async () => {
  server = new FaultServer();
  host = await server.listen();
});
afterEach(() => server.close());

test.each([
  ["drop_newest", "m100"],
  ["drop_oldest", "m0"],
] as const)(
  "SN16: a full queue drops by its policy (%s), and each dropped event is named",
  async (whenFull, firstDropped) => {
    const client = createClient({
      host,
      writeKey,
      maxQueueEvents: 100,
      flushAt: 50,
      flushIntervalMs: 3_600_000,
      whenFull,
    });
    const results: EventResult[] = [];
    client.on("result", (result) => results.push(result));
    server.answer = () => ({ status: 503, retryAfter: "1" });
    for (let i = 0; i < 110; i++) client.track({ userId: `u${i}`, event: "e", messageId: idOf(i) });
    const dropped = results.map((result) => [result.outcome, result.messageId]);
    expect(dropped).toHaveLength(10);
    if (whenFull === "drop_newest") expect(dropped[0]).toEqual(["dropped", firstDropped]);
    server.answer = () => "ok";
    const report = await client.closeAndFlush();
    expect(report.delivered.length).toBe(100);
    const ids = new Set(dropped.map(([, id]) => id));
    expect(report.delivered.some(({ messageId }) => ids.has(messageId))).toBe(false);
    expect(report.delivered.some(({ messageId }) => messageId === idOf(109))).toBe(whenFull === "drop_oldest");
  },
);

test("SN16: a report names a thousand events that were given up before it, and counts the others", async () => {
  server.answer = () => ({ status: 503, retryAfter: "300" });
  const client = createClient({ host, writeKey, maxQueueEvents: 10, log: () => undefined });
  for (let i = 0; i < 1510; i++) client.track({ userId: "u", event: "e" });
  const first = await client.flush({ timeoutMs: 1 });
  expect([first.dropped.length, first.droppedUnnamed, first.kept.length]).toEqual([1000, 500, 10]);
  const { dropped, droppedUnnamed } = await client.closeAndFlush({ timeoutMs: 1 });
  expect([dropped.length, droppedUnnamed]).toEqual([10, 0]);
});

test("SN16: the queue is bounded by bytes, large events among small ones included", async () => {
  const client = createClient({
    host,
    writeKey,
    maxQueueBytes: 100_000,
    whenFull: "drop_oldest",
    flushIntervalMs: 3_600_000,
  });
  let held = 0;
  client.on("result", () => held--);
  server.answer = () => "silence";
  for (let i = 0; i < 200; i++) {
    held++;
    client.track({ userId: `u${i}`, event: "e", properties: { pad: "x".repeat(i % 2 ? 30_000 : 10) } });
  }
  expect(held).toBeLessThanOrEqual(8 + 4); // of 30 kB and of 150 bytes, in turns
  const { dropped } = await client.closeAndFlush({ timeoutMs: 10 });
  expect(dropped.length).toBe(200);
});

test("SN6: a listener may call the client while it is told: track, flush, close", async () => {
  const client = createClient({ host, writeKey });
  const reports: Promise<{ delivered: readonly unknown[]; kept: readonly unknown[] }>[] = [];
  client.on("result", () => {
    if (reports.length === 3) client.track({ userId: "u", event: "late" });
    if (reports.length < 6) reports.push(client.flush({ timeoutMs: 4000 }));
  });
  for (let i = 0; i < 5; i++) client.track({ userId: `u${i}`, event: "e" });
  const startMs = performance.now();
  await client.flush();
  await Promise.all(reports);
  expect(performance.now() - startMs).toBeLessThan(3000);
  client.on("result", () => void client.closeAndFlush());
  client.track({ userId: "u", event: "last" });
  const { delivered } = await client.flush();
  expect(delivered).toHaveLength(1);
  expect(server.taken.size).toBe(7);
});

test("SN17: waitUntil gets a promise that is settled when what was queued is delivered", async () => {
  const promises: Promise<unknown>[] = [];
  const client = createClient({ host, writeKey, waitUntil: (promise) => promises.push(promise) });
  for (let i = 0; i < 5; i++) client.track({ userId: "u", event: "e" });
  expect(promises).toHaveLength(1);
  await Promise.all(promises);
  expect(server.taken.size).toBe(5);
  client.track({ userId: "u", event: "e" });
  expect(promises).toHaveLength(2);
  await Promise.all(promises);
  expect(server.taken.size).toBe(6);
  const hostile = createClient({
    host,
    writeKey,
    waitUntil: () => {
      throw new Error("no request is being served");
    },
  });
  expect(() => hostile.track({ userId: "u", event: "e" })).not.toThrow();
  await hostile.closeAndFlush();
  expect(server.taken.size).toBe(7);
});

test("SN18: typed events: names and properties are those of the map", async () => {
  const client = createClient<{ "Order Completed": { revenue: string }; "Logged Out": { reason?: string } }>({
    host,
    writeKey,
  });
  client.track({ userId: "u", event: "Order Completed", properties: { revenue: "1.00" } });
  client.track({ userId: "u", event: "Logged Out" });
  // @ts-expect-error a name that is not in the map
  client.track({ userId: "u", event: "Order Complete", properties: { revenue: "1.00" } });
  // @ts-expect-error a property of another type
  client.track({ userId: "u", event: "Order Completed", properties: { revenue: 1 } });
  // @ts-expect-error properties that the event needs
  client.track({ userId: "u", event: "Order Completed" });
  // @ts-expect-error nobody's event
  client.track({ event: "Logged Out" });
  interface Events {
    Paid: Paid;
  }
  interface Paid {
    revenue: string;
  }
  const byInterface: Client<Events> = client as unknown as Client<Events>;
  byInterface.track({ userId: "u", event: "Paid", properties: { revenue: "1.00" } });
  const { delivered } = await client.closeAndFlush({ timeout: 5000 });
  expect(delivered).toHaveLength(7); // the compiler refuses, the server judges
});

test("SN19: a call is written with its own id, time and context, or behind the common head: the same event either way", async () => {
  const client = createClient({ host, writeKey });
  const call = {
    userId: "u",
    anonymousId: "a",
    event: "e",
    properties: { text: 'ü"\\\u2028😀', at: new Date(0), none: undefined },
  };
  client.track(call);
  client.track({ ...call, context: {} });
  client.page({} as never);
  class Call {
    userId = "u";
    event = "e";
    toJSON(): object {
      return { userId: "u", event: "from toJSON" };
    }
  }
  client.track(new Call());
  client.track({ ...call, type: "identify", writeKey: "another" } as never);
  await client.closeAndFlush();
  const [fast, general, page, own, typed] = server.events as readonly Record<string, unknown>[];
  const { messageId, timestamp, ...rest } = fast ?? {};
  expect(messageId).toMatch(/^[0-9A-Z]{26}$/);
  expect(timestamp).toMatch(/^\d{4}-.*Z$/);
  expect(general).toMatchObject(rest);
  expect(Object.keys(general ?? {}).sort()).toEqual(Object.keys(fast ?? {}).sort());
  expect(page).toMatchObject({ type: "page" });
  expect(own).toMatchObject({ type: "track" });
  expect(typed).toMatchObject({ type: "track", event: "e" });
});
