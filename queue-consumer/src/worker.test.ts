import { type Json, registryKey, serverMessageId } from "@sluice/schema";
import { encodeEvents, rowOf } from "@sluice/lake";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type ConsumerHarness,
  startConsumer,
  testEvent,
  testMessage,
  testReceipt,
  waitUntil,
} from "../testing/harness.ts";
import { eventsIn, idsIn, partKeysIn, rejectsIn } from "../testing/lake-contents.ts";

// Each test has its own project, and so its own log; the Worker and its bucket are shared.
let consumer: ConsumerHarness;
beforeAll(async () => {
  consumer = await startConsumer({ LIVE_SECONDS: "0.001" });
});
afterAll(() => consumer.close());

function eventsOf(prefix: string, count: number, time?: string) {
  return Array.from({ length: count }, (_, i) => testEvent(`${prefix}${String(i).padStart(4, "0")}`, time));
}

function idsOf(events: readonly { readonly [key: string]: Json }[]): readonly Json[] {
  return events.map((event) => event["messageId"] ?? null);
}

test("Q1: a batch sent twice is in the lake once, and the ledger balances", async () => {
  const project = "twice";
  const events = eventsOf("a", 20);
  await consumer.deliver("EVENTS", [testMessage(events, { receiptId: "r1", project })]);
  await consumer.log(project).flush();
  await consumer.deliver("EVENTS", [testMessage(events, { receiptId: "r2", project })]);
  await consumer.log(project).flush();
  expect(await idsIn(consumer.lake, project)).toEqual(idsOf(events));
  const [counts, ...others] = await consumer.log(project).ledger(0, Number.MAX_SAFE_INTEGER);
  expect(others).toEqual([]);
  expect(counts).toMatchObject({ source: "web", received: 40, stored: 20, duplicate: 20, rejected: 0 });
});

test("Q2: a redelivered message is skipped whole: before and after publishing, and after a restart", async () => {
  const project = "redelivered";
  const now = new Date(); // taken slices are remembered by the day of their receipt
  const events = eventsOf("a", 3, now.toISOString());
  const message = testMessage(events, { receiptId: "r1", project, receivedAtMs: now.getTime() });
  const log = consumer.log(project);
  await consumer.deliver("EVENTS", [message]);
  const once = await log.ledger(0, Number.MAX_SAFE_INTEGER);
  await consumer.deliver("EVENTS", [message, message]);
  await consumer.evict(project);
  await consumer.deliver("EVENTS", [message]);
  await log.flush();
  await consumer.deliver("EVENTS", [message]);
  await consumer.evict(project);
  await consumer.deliver("EVENTS", [message]);
  await log.flush();
  expect(await log.ledger(0, Number.MAX_SAFE_INTEGER)).toEqual(once);
  expect(await idsIn(consumer.lake, project)).toEqual(["a0000", "a0001", "a0002"]);
  expect(await consumer.log(project).status()).toMatchObject({ logSequence: 1, lastChange: 1 });
});

test("Q3: an id that stands twice in one message, or in two of one batch, is stored once", async () => {
  const project = "within";
  await consumer.deliver("EVENTS", [
    testMessage([testEvent("a"), testEvent("b"), testEvent("a")], { receiptId: "r1", project }),
    testMessage([testEvent("b"), testEvent("c")], { receiptId: "r2", project }),
  ]);
  await consumer.log(project).flush();
  expect(await idsIn(consumer.lake, project)).toEqual(["a", "b", "c"]);
});

test("Q4: public and server keys have id spaces of their own", async () => {
  const project = "classes";
  await consumer.deliver("EVENTS", [
    testMessage([testEvent("order-123")], { receiptId: "r1", project, keyKind: "public" }),
    testMessage([testEvent("order-123")], { receiptId: "r2", project, keyKind: "server" }),
    testMessage([testEvent("order-123")], { receiptId: "r3", project, keyKind: "server" }),
  ]);
  await consumer.log(project).flush();
  const kinds = (await eventsIn(consumer.lake, project)).map((event) => event.keyKind);
  expect(kinds.toSorted()).toEqual(["public", "server"]);
});

test("Q5: a log that restarts between append and publication loses and doubles nothing", async () => {
  const project = "evicted";
  await consumer.deliver("EVENTS", [testMessage(eventsOf("a", 5), { receiptId: "r1", project })]);
  await consumer.evict(project);
  expect(await consumer.log(project).status()).toMatchObject({ pendingRows: 5 });
  await consumer.deliver("EVENTS", [testMessage(eventsOf("a", 8), { receiptId: "r2", project })]);
  await consumer.evict(project);
  expect(await consumer.log(project).flush()).toMatchObject({ pendingRows: 0 });
  expect(await idsIn(consumer.lake, project)).toEqual(idsOf(eventsOf("a", 8)));
});

for (const step of ["before_put", "after_put", "fail_put", "lost_reply"] as const) {
  for (const nth of [1, 2, 3]) {
    test(`Q6: ${step} at ${nth} of three hours leaves every event once, in one part an hour`, async () => {
      const project = `q6-${step.replace("_", "-")}-${nth}`;
      const hours = ["2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z", "2026-03-01T12:00:00Z"];
      const events = hours.flatMap((time, i) => eventsOf(`h${i}-`, 4, time));
      await consumer.deliver("EVENTS", [testMessage(events, { receiptId: "r1", project })]);
      await consumer.log(project).crashAt(step, nth);
      await expect(consumer.log(project).flush()).rejects.toThrow(
        step.endsWith("_put") && step !== "fail_put" ? "the test crashes this log" : "R2",
      );
      // What came in between must not change what the crashed PUT wrote.
      await consumer.deliver("EVENTS", [testMessage([testEvent("x", hours[0])], { receiptId: "r2", project })]);
      expect(await consumer.log(project).flush()).toMatchObject({ pendingRows: 0 });
      expect(await idsIn(consumer.lake, project)).toEqual([...idsOf(events), "x"]);
      const page = await consumer.log(project).changes(0, 100);
      for (const change of page.changes) {
        expect(change.etag).toBe((await consumer.lake.head(change.key))?.etag);
      }
      expect(page.changes.map((change) => change.key).toSorted()).toEqual(await partKeysIn(consumer.lake, project));
    });
  }
}

test("Q6: a PUT of an earlier plan that arrives late is adopted, and the rest grows it", async () => {
  const project = "late-put";
  const [early, later] = [testEvent("early"), testEvent("later")];
  await consumer.deliver("EVENTS", [testMessage([early], { receiptId: "r1", project })]);
  await consumer.deliver("EVENTS", [testMessage([later], { receiptId: "r2", project })]);
  const { birthId } = await consumer.log(project).status();
  const row = rowOf(early, testReceipt({ receiptId: "r1", project }), 0);
  const key = `events/project=${project}/dt=2026-03-01/hour=12/part-00000-0000.parquet`;
  await consumer.lake.put(key, encodeEvents([row], { birthId, logSequence: 1 }), {
    customMetadata: { birth: birthId, sequence: "1", rows: "1", textlength: "1000" },
  });
  await consumer.log(project).flush();
  expect(await idsIn(consumer.lake, project)).toEqual(["early", "later"]);
  expect(await partKeysIn(consumer.lake, project)).toEqual([key]);
});

test("Q59: a log that dies while it publishes makes smaller parts next, and no longer after a life without a death", async () => {
  const project = "deaths";
  const deaths = async (): Promise<unknown> =>
    (await consumer.sql("SELECT value FROM meta WHERE name = 'deaths'", project))[0]?.["value"];
  for (const count of [1, 2]) {
    const events = eventsOf(`a${count}`, 2).map((event) => ({ ...event, properties: { text: "x".repeat(600_000) } }));
    await consumer.deliver("EVENTS", [testMessage(events, { receiptId: `r${count}`, project })]);
    await consumer.log(project).crashAt("before_put", 1);
    await expect(consumer.log(project).flush()).rejects.toThrow("crashes");
    expect(await deaths()).toBe(String(count));
  }
  expect(await consumer.log(project).flush()).toMatchObject({ pendingRows: 0 });
  expect(await deaths()).toBe("0");
  expect(await idsIn(consumer.lake, project)).toHaveLength(4);
});

test("Q56: a message over many hours is in the lake once, each event in its hour, rejects with their text", async () => {
  const project = "scattered";
  const times = Array.from({ length: 30 }, (_, i) => new Date(Date.parse("2026-03-01T12:10:00Z") - i * 3_600_000));
  const events: Json[] = times.map((time, i) => testEvent(`s${String(i).padStart(4, "0")}`, time.toISOString()));
  events[7] = { type: "odd" };
  await consumer.deliver("EVENTS", [
    testMessage(events, { receiptId: "r1", project, firstIndex: 5 }),
    testMessage([events[3] ?? null, testEvent("other")], { receiptId: "r2", project }),
  ]);
  expect(await consumer.log(project).flush()).toMatchObject({ pendingRows: 0 });
  const found = await eventsIn(consumer.lake, project);
  expect(found.map(({ messageId }) => messageId)).toEqual([
    "other",
    ...idsOf(events.filter((_, i) => i !== 7) as never),
  ]);
  expect(new Set(found.map(({ hourMs }) => hourMs)).size).toBe(29);
  expect(await rejectsIn(consumer.lake, project)).toMatchObject([{ receipt_index: 12, raw: '{"type":"odd"}' }]);
});

test("Q7: a part of another log is never replaced: the next number is taken", async () => {
  const project = "foreign";
  const key = `events/project=${project}/dt=2026-03-01/hour=12/part-00000-0000.parquet`;
  await consumer.lake.put(key, "not ours", { customMetadata: { birth: "another", sequence: "1" } });
  await consumer.deliver("EVENTS", [testMessage(eventsOf("a", 3), { receiptId: "r1", project })]);
  await consumer.log(project).flush();
  const object = await consumer.lake.get(key);
  expect(new TextDecoder().decode(await object?.arrayBuffer())).toBe("not ours");
  const page = await consumer.log(project).changes(0, 10);
  expect(page.changes.map((change) => [change.key, change.rows])).toEqual([[key.replace("-0000.", "-0001."), 3]]);
});

test("Q7: a confirmed part that was taken away is not made again", async () => {
  const project = "erased";
  const key = `events/project=${project}/dt=2026-03-01/hour=12/part-00000-0000.parquet`;
  await consumer.deliver("EVENTS", [testMessage(eventsOf("a", 3), { receiptId: "r1", project })]);
  await consumer.log(project).flush();
  await consumer.lake.delete(key);
  await consumer.deliver("EVENTS", [testMessage(eventsOf("b", 3), { receiptId: "r2", project })]);
  await consumer.log(project).flush();
  expect(await partKeysIn(consumer.lake, project)).toEqual([key.replace("-0000.", "-0001.")]);
});

test("Q8: late rows grow the last part while it is small against them, else they start the next", async () => {
  const project = "late";
  const parts = async (): Promise<readonly number[]> => {
    await consumer.log(project).flush();
    const events = await eventsIn(consumer.lake, project);
    return [0, 1].map((part) => events.filter((event) => event.part === part).length);
  };
  await consumer.deliver("EVENTS", [testMessage(eventsOf("a", 600), { receiptId: "r1", project })]);
  expect(await parts()).toEqual([600, 0]);
  await consumer.deliver("EVENTS", [testMessage(eventsOf("b", 100), { receiptId: "r2", project })]);
  expect(await parts()).toEqual([700, 0]);
  await consumer.deliver("EVENTS", [testMessage(eventsOf("c", 1), { receiptId: "r3", project })]);
  expect(await parts()).toEqual([700, 1]);
  await consumer.deliver("EVENTS", [testMessage(eventsOf("d", 2), { receiptId: "r4", project })]);
  expect(await parts()).toEqual([700, 3]);
});

test("Q9: the verdicts of the edge bind, and what cannot be a row is kept as rejected", async () => {
  const project = "verdicts";
  const events: Json[] = [testEvent("a"), { type: "track", messageId: "bad" }, "text", { type: "odd" }, testEvent("e")];
  const rejected = [{ index: 11, reason: "missing_event_name", field: "event", message: "No name." }] as const;
  await consumer.deliver("EVENTS", [testMessage(events, { receiptId: "r1", project, firstIndex: 10, rejected })]);
  await consumer.log(project).flush();
  expect(await idsIn(consumer.lake, project)).toEqual(["a", "e"]);
  expect(await rejectsIn(consumer.lake, project)).toEqual([
    { receipt_id: "r1", receipt_index: 11, reason: "missing_event_name", raw: '{"type":"track","messageId":"bad"}' },
    { receipt_id: "r1", receipt_index: 12, reason: "not_an_object", raw: '"text"' },
    { receipt_id: "r1", receipt_index: 13, reason: "unknown_type", raw: '{"type":"odd"}' },
  ]);
  const [counts] = await consumer.log(project).ledger(0, Number.MAX_SAFE_INTEGER);
  expect(counts).toMatchObject({ received: 5, stored: 2, duplicate: 0, rejected: 3 });
});

test("Q10: an event without an id gets its receipt's and its index in the original request", async () => {
  const project = "nameless";
  const nameless = { type: "page", anonymousId: "v" };
  await consumer.deliver("EVENTS", [
    testMessage([nameless, nameless], { receiptId: "r1", project, firstIndex: 0 }),
    testMessage([nameless], { receiptId: "r1", project, firstIndex: 2 }),
  ]);
  await consumer.log(project).flush();
  expect(await idsIn(consumer.lake, project)).toEqual([0, 1, 2].map((index) => serverMessageId("r1", index)));
});

test("Q11: a message that can never be opened is kept as it came, and its neighbours are stored", async () => {
  const project = "corrupt";
  const corrupt = new TextEncoder().encode("SLQ\u0001 nothing that decodes");
  await consumer.deliver("EVENTS", [corrupt, testMessage(eventsOf("a", 1), { receiptId: "r1", project })]);
  const { objects } = await consumer.lake.list({ prefix: "dead/sluice-events/" });
  expect(objects).toHaveLength(1);
  const object = await consumer.lake.get(objects[0]?.key ?? "");
  expect(new Uint8Array((await object?.arrayBuffer()) ?? new ArrayBuffer())).toEqual(corrupt);
  expect(object?.customMetadata).toMatchObject({ reason: "corrupt", format: "bytes" });
  await consumer.log(project).flush();
  expect(await idsIn(consumer.lake, project)).toEqual(["a0000"]);
});

test("Q12: a message out of retries is kept under dead/ with its bytes", async () => {
  const message = testMessage(eventsOf("a", 1), { receiptId: "r1", project: "dead" });
  await consumer.deliver("EVENTS_DLQ", [message]);
  const { objects } = await consumer.lake.list({ prefix: "dead/sluice-events-dlq/" });
  expect(objects).toHaveLength(1);
  const object = await consumer.lake.get(objects[0]?.key ?? "");
  expect(new Uint8Array((await object?.arrayBuffer()) ?? new ArrayBuffer())).toEqual(message);
  expect(object?.customMetadata).toMatchObject({ reason: "retries_exhausted" });
});

test("Q15: blocks leave the log when they are published, and duplicates are still found, also after a restart", async () => {
  const project = "folded";
  const events = eventsOf("a", 50);
  await consumer.deliver("EVENTS", [testMessage(events, { receiptId: "r1", project })]);
  expect(await consumer.sql("SELECT COUNT(*) AS blocks FROM blocks_1", project)).toEqual([{ blocks: 1 }]);
  await consumer.log(project).flush();
  const tables = await consumer.sql("SELECT name FROM sqlite_master WHERE name GLOB 'blocks_*'", project);
  expect(tables).toEqual([{ name: "blocks_2" }]);
  await consumer.deliver("EVENTS", [testMessage(events, { receiptId: "r2", project })]);
  await consumer.evict(project);
  await consumer.deliver("EVENTS", [testMessage(events, { receiptId: "r3", project })]);
  expect(await consumer.log(project).status()).toMatchObject({ pendingRows: 0, logSequence: 3 });
  const [counts] = await consumer.log(project).ledger(0, Number.MAX_SAFE_INTEGER);
  expect(counts).toMatchObject({ received: 150, stored: 50, duplicate: 100 });
});

test("Q16: the outbox names each part once, at its latest change, with the stored object's etag", async () => {
  const project = "outbox";
  for (const receiptId of ["r1", "r2", "r3"]) {
    await consumer.deliver("EVENTS", [testMessage(eventsOf(receiptId, 2), { receiptId, project })]);
    await consumer.log(project).flush();
  }
  const log = consumer.log(project);
  const page = await log.changes(0, 10);
  const [change] = page.changes;
  expect(page.changes).toHaveLength(1);
  expect(change).toMatchObject({ change: 3, dataset: "events", rows: 6, logSequence: 3 });
  expect(change?.etag).toBe((await consumer.lake.head(change?.key ?? ""))?.etag);
  expect((await log.changes(3, 10)).changes).toEqual([]);
  expect(page.birthId).toBe((await log.status()).birthId);
});

test("Q17: an append for another project is refused", async () => {
  const project = "owner";
  await consumer.deliver("EVENTS", [testMessage(eventsOf("a", 1), { receiptId: "r1", project })]);
  const log = consumer.log(project);
  await expect(log.append({ project: "intruder", shard: 0, slices: [] })).rejects.toThrow("another project");
});

test("Q107: an append in the layout of another version is left to be sent again, and changes nothing", async () => {
  const log = consumer.log("versions");
  const request = { project: "versions", shard: 0, slices: [] };
  expect(await log.append(request, 2)).toEqual({ ok: false, reason: "overloaded" });
  expect(await log.append(request)).toMatchObject({ ok: true, stored: 0 });
});

test("Q18: the alarm publishes by itself, and the cron revives one that was lost", async () => {
  const quick = await startConsumer({ PUBLISH_SECONDS: "1", PUBLISH_OLD_SECONDS: "1" });
  try {
    const project = "alarmed";
    await quick.deliver("EVENTS", [testMessage(eventsOf("a", 2), { receiptId: "r1", project })]);
    await waitUntil(async () => (await idsIn(quick.lake, project)).length === 2);
    await quick.deliver("EVENTS", [testMessage(eventsOf("b", 2), { receiptId: "r2", project })]);
    await quick.log(project).loseAlarm();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await idsIn(quick.lake, project)).toHaveLength(2);
    const projects = [{ project, shards: 1, sources: [], revokedSerials: [] }];
    await quick.lake.put(registryKey, JSON.stringify({ version: 1, compiledAtMs: 0, projects }));
    await quick.scheduled();
    await waitUntil(async () => (await idsIn(quick.lake, project)).length === 4);
  } finally {
    await quick.close();
  }
});

test("Q20: the counters are for the operator alone", async () => {
  const answer = await consumer.counters();
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({ messagesInFlight: 0 });
  expect((await consumer.counters("guess")).status).toBe(404);
});
