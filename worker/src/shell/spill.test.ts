import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type EdgeHarness, operatorToken, startEdge } from "../../testing/edge-harness.ts";
import { writeKey } from "../../testing/write-keys.ts";

let edge: EdgeHarness;
beforeAll(async () => {
  edge = await startEdge("flaky");
});
afterAll(() => edge.close());

const faults = (queue: boolean, spill: boolean): Promise<Response> =>
  edge.fetch("/test/faults", { method: "POST", body: JSON.stringify({ queue, spill }) });
beforeEach(async () => {
  await faults(false, false);
});

const send = (messageId: string): Promise<Response> => {
  const batch = [{ type: "page", userId: "u", messageId }];
  return edge.fetch("/v1/batch", { method: "POST", body: JSON.stringify({ writeKey: writeKey(), batch }) });
};
const spills = async (): Promise<readonly string[]> =>
  (await edge.lake.list({ prefix: "spill/" })).objects.map(({ key }) => key);

test("W16: while the queue is down requests are answered 200 from R2, and cron brings them to the queue", async () => {
  await faults(true, false);
  expect((await send("a")).status).toBe(200);
  expect((await send("b")).status).toBe(200);
  const keys = await spills();
  expect(keys).toHaveLength(2);
  await edge.cron();
  expect(await spills()).toEqual(keys);
  await faults(false, false);
  await edge.cron();
  expect(await spills()).toEqual([]);
  const received = await edge.received(2);
  expect(keys).toEqual(received.map(({ receipt }) => `spill/${receipt.receiptId}-${receipt.firstIndex}`));
  expect(received.map(({ json }) => json)).toMatchObject([
    { batch: [{ messageId: "a" }] },
    { batch: [{ messageId: "b" }] },
  ]);
  await edge.cron();
  const counters = await edge.fetch("/v1/internal/counters", { headers: { authorization: `Bearer ${operatorToken}` } });
  expect(await counters.json()).toMatchObject({ messagesSent: 2, messagesSpilled: 2, messagesReplayed: 2 });
});

test("W49: once the queue works again, an isolate's next requests bring back what it spilled, without cron", async () => {
  await faults(true, false);
  expect((await send("d")).status).toBe(200);
  expect(await spills()).toHaveLength(1);
  await faults(false, false);
  expect((await send("e")).status).toBe(200);
  const received = await edge.received(2);
  const ids = received.map(({ json }) => (json as { batch: { messageId: string }[] }).batch[0]?.messageId);
  expect(ids.toSorted()).toEqual(["d", "e"]);
  await expect.poll(spills, { timeout: 10_000 }).toEqual([]);
});

test("W12, W17, Q70: while neither queue nor R2 works requests are answered 503 with Retry-After, and a resend arrives", async () => {
  await faults(true, true);
  const refused = await send("c");
  expect(refused.status).toBe(503);
  expect(refused.headers.get("retry-after")).toMatch(/^\d+$/);
  expect(await refused.json()).toMatchObject({ success: false, code: "queue_unavailable" });
  await faults(false, false);
  expect((await send("c")).status).toBe(200);
  const messages = await edge.received(1);
  expect(messages).toMatchObject([{ json: { batch: [{ messageId: "c" }] } }]);
  expect(await spills()).toEqual([]);
  // Whoever counts is told that the refused request is not on its way.
  const receipt = messages[0]?.receipt;
  const voided = [...(receipt?.stream?.voided ?? []), ...(receipt?.stream?.previous?.voided ?? [])];
  expect(voided).toMatchObject([{ events: 1 }]);
});
