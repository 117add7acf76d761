import { type LedgerRow, registryKey, routeOf, shardOf } from "@sluice/schema";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ConsumerHarness, startConsumer, testEvent, testMessage } from "../testing/harness.ts";
import { idsIn } from "../testing/lake-contents.ts";

// Ids go cold a tenth of a second after they were folded, so that parents answer for cold ids too.
let consumer: ConsumerHarness;
beforeAll(async () => {
  consumer = await startConsumer({ COOL_SECONDS: "0.1", COOL_IDS: "1" });
});
afterAll(() => consumer.close());

function idsOf(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${String(i).padStart(4, "0")}`);
}

function messageOf(project: string, receiptId: string, ids: readonly string[]): Uint8Array {
  return testMessage(
    ids.map((id) => testEvent(id)),
    { project, receiptId },
  );
}

async function deliver(project: string, receiptId: string, ids: readonly string[]): Promise<void> {
  await consumer.deliver("EVENTS", [messageOf(project, receiptId, ids)]);
}

/** Says in the registry how many shards a project has, and runs the cron. */
async function raise(project: string, shards: number): Promise<void> {
  const projects = [{ project, shards, sources: [], revokedSerials: [] }];
  await consumer.lake.put(registryKey, JSON.stringify({ version: 1, compiledAtMs: 0, projects }));
  await consumer.scheduled();
}

async function flushAll(project: string, shards: number): Promise<void> {
  for (let shard = 0; shard < shards; shard++) await consumer.log(project, shard).flush();
}

async function countsOf(project: string, shards: number): Promise<readonly LedgerRow[]> {
  const logs = Array.from({ length: shards }, (_, shard) => consumer.log(project, shard));
  return (await Promise.all(logs.map((log) => log.ledger(0, Number.MAX_SAFE_INTEGER)))).flat();
}

function sumOf(rows: readonly LedgerRow[], column: "received" | "stored" | "duplicate"): number {
  return rows.reduce((sum, row) => sum + row[column], 0);
}

test("Q49: shards are added while events flow; resends of old and new ids are duplicates, and nothing is lost", async () => {
  const project = "raised";
  const all: string[] = [];
  let sent = 0;
  const send = async (receiptId: string, ids: readonly string[]): Promise<void> => {
    await deliver(project, receiptId, ids);
    sent += ids.length;
  };
  for (let shards = 1; shards <= 5; shards++) {
    const ids = idsOf(`s${shards}-`, 200);
    await send(`before ${shards}`, ids);
    all.push(...ids);
    if (shards % 2 === 0) {
      await flushAll(project, shards);
      await new Promise((resolve) => setTimeout(resolve, 110));
      await flushAll(project, shards); // some of the ids are cold now
    }
    await raise(project, shards + 1);
    for (let shard = 0; shard <= shards; shard++) await consumer.evict(project, shard);
    await send(`again ${shards}`, all);
  }
  all.push(...idsOf("last-", 200));
  await send("last", all);
  await flushAll(project, 6);
  expect(await idsIn(consumer.lake, project)).toEqual(all.toSorted());
  const counts = await countsOf(project, 6);
  expect([sumOf(counts, "received"), sumOf(counts, "stored")]).toEqual([sent, all.length]);
  expect(sumOf(counts, "duplicate")).toBe(sent - all.length);
  for (let shard = 0; shard < 6; shard++) {
    expect((await consumer.log(project, shard).changes(0, 10)).changes.length, `shard ${shard}`).toBeGreaterThan(0);
  }
}, 60_000);

test("Q50: a parent refuses what it gave up, a shard that is not open takes nothing, and shards open in order", async () => {
  const project = "sealed";
  const ids = idsOf("a", 50);
  const log = consumer.log(project);
  await log.appendMessages(messageOf(project, "r1", ids));
  await expect(consumer.log(project, 2).open(project, 2)).rejects.toThrow("waits for the one before");
  expect(await log.appendMessages(messageOf(project, "r2", idsOf("b", 50)))).toMatchObject({ ok: true, stored: 50 });
  await expect(consumer.log(project, 64).open(project, 64)).rejects.toThrow("cannot be opened");
  const child = { project, shard: 1, slices: [] };
  expect(await consumer.log(project, 1).append(child)).toEqual({ ok: false, reason: "overloaded" });
  expect(await consumer.log(project, 1).open(project, 1)).toMatchObject({ shards: 2 });
  expect(await consumer.log(project, 1).open(project, 1)).toMatchObject({ shards: 2 });
  await consumer.evict(project);
  const refused = { ok: false, reason: "moved", shards: 2 };
  expect(await log.appendMessages(messageOf(project, "r3", idsOf("c", 50)))).toEqual(refused);
  expect(await log.status()).toMatchObject({ shards: 2, pendingRows: 100 });
});

test("Q51: while a parent cannot tell, a shard leaves out what needs its answer, and takes what does not", async () => {
  const project = "orphan";
  const old = idsOf("a", 40);
  await deliver(project, "r1", old);
  const parent = consumer.log(project);
  await parent.flush();
  await new Promise((resolve) => setTimeout(resolve, 110));
  await parent.flush();
  await raise(project, 2);
  await deliver(project, "r2", idsOf("b", 10)); // the consumer learns of the second shard
  const child = consumer.log(project, 1);
  const before = await child.status();
  await parent.crashAt("fail_get", 1);
  const name = idsOf("later", 20).find((id) => shardOf(routeOf("public", "events", id), 2) === 1) ?? "";
  const later = testMessage([testEvent(name, "2026-05-01T00:00:00.000Z")], { project, receiptId: "r4" });
  const messages = [messageOf(project, "r3", old), later];
  expect(await child.appendParts(2, ...messages)).toMatchObject({ stored: 1, duplicate: 0, unchecked: [0] });
  expect(await child.appendParts(2, ...messages)).toMatchObject({ stored: 0, skippedSlices: 1, unchecked: [] });
  expect((await child.status()).pendingRows - before.pendingRows).toBe(1);
});

test("Q95: a message that comes again after one split, or two, is skipped whole by every shard; new parts of others are not", async () => {
  const project = "redelivered";
  const before = messageOf(project, "before", idsOf("a", 60));
  await consumer.deliver("EVENTS", [before]);
  await raise(project, 2);
  const between = messageOf(project, "between", idsOf("b", 60));
  await consumer.deliver("EVENTS", [before, between]);
  const middle = await countsOf(project, 2);
  expect([sumOf(middle, "received"), sumOf(middle, "duplicate")]).toEqual([120, 0]);
  await raise(project, 4);
  await consumer.deliver("EVENTS", [before, between, messageOf(project, "after", idsOf("c", 60))]);
  for (let shard = 0; shard < 4; shard++) await consumer.evict(project, shard);
  await consumer.deliver("EVENTS", [before, between, messageOf(project, "after", idsOf("c", 60))]);
  const counts = await countsOf(project, 4);
  expect([sumOf(counts, "received"), sumOf(counts, "stored"), sumOf(counts, "duplicate")]).toEqual([180, 180, 0]);
});

test("Q96: ids that state no time are asked of the parent too", async () => {
  const project = "undated-split";
  const events = idsOf("order-", 40).map((id) => ({ ...testEvent(id), timestamp: null }));
  const copyOf = (receiptId: string, receivedAtMs: number): Uint8Array =>
    testMessage(events, { project, receiptId, receivedAtMs });
  const nowMs = Date.now();
  await consumer.deliver("EVENTS", [copyOf("first", nowMs)]);
  await raise(project, 2);
  await consumer.deliver("EVENTS", [copyOf("again", nowMs + 8 * 86_400_000)]);
  const counts = await countsOf(project, 2);
  expect([sumOf(counts, "stored"), sumOf(counts, "duplicate")]).toEqual([40, 40]);
});
