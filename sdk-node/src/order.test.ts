import { afterEach, beforeEach, expect, test } from "vitest";
import { FaultServer } from "../testing/fault-server.ts";
import { createClient } from "./index.ts";

let server: FaultServer;
let host: string;
const writeKey = "shop.server.s1.abcdefghijklmnopqrstuv";

beforeEach(async () => {
  server = new FaultServer();
  host = await server.listen();
});
afterEach(() => server.close());

/** For each user the numbers of its events, in the order in which the server first took them. */
function takenByUser(): Map<string, number[]> {
  const byUser = new Map<string, number[]>();
  for (const event of server.events) {
    const { userId, properties } = event as unknown as { userId: string; properties: { n: number } };
    byUser.set(userId, [...(byUser.get(userId) ?? []), properties.n]);
  }
  return byUser;
}

test("SN14: each user's events arrive in their order, through failures, lost answers and splits, with several batches in flight", async () => {
  const random = sequenceOf(7);
  server.delayMs = () => Math.floor(random() * 30);
  server.answer = (request) => {
    const chance = random();
    if (request.body.batch.length > 40 && chance < 0.3) return { status: 413 };
    if (chance < 0.05) return "hang up";
    if (chance < 0.1) return "take and hang up";
    return chance < 0.15 ? { status: 503, retryAfter: "0" } : "ok";
  };
  const client = createClient({ host, writeKey, flushAt: 20, maxBatchEvents: 60, maxInFlight: 6 });
  for (let n = 0; n < 4000; n++) {
    client.track({ userId: `u${Math.floor(random() * 200)}`, event: "e", properties: { n } });
    if (n % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const { delivered } = await client.closeAndFlush({ timeoutMs: 25_000 });
  expect(delivered.length).toBeGreaterThan(0);
  expect(server.taken.size).toBe(4000);
  for (const [user, numbers] of takenByUser()) expect(numbers, user).toEqual([...numbers].sort((a, b) => a - b));
  expect(server.mostAtOnce).toBeGreaterThan(2);
});

test("SN15: a batch that is stuck holds up its own users only", async () => {
  const client = createClient({ host, writeKey, flushAt: 1, requestTimeoutMs: 20_000, log: () => undefined });
  client.track({ userId: "first", event: "e", properties: { n: 0 } });
  await client.flush(); // the clock is known now
  server.answer = ({ body }) => (body.batch.some((event) => event["userId"] === "stuck") ? "silence" : "ok");
  for (let n = 1; n <= 3; n++) {
    client.track({ userId: "stuck", event: "e", properties: { n } });
    client.track({ userId: "free", event: "e", properties: { n } });
  }
  const { delivered, kept } = await client.closeAndFlush({ timeoutMs: 500 });
  expect(takenByUser().get("free")).toEqual([1, 2, 3]);
  expect(delivered).toHaveLength(3);
  expect(kept).toHaveLength(0);
});

/** Numbers in [0, 1) from a seed (mulberry32). */
function sequenceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
