import { hourMs, type TailPage, type TailRequest } from "@sluice/schema";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ConsumerHarness, startConsumer, testEvent, testMessage } from "../testing/harness.ts";

let consumer: ConsumerHarness;

beforeAll(async () => {
  consumer = await startConsumer({ LIVE_SECONDS: "600" });
}, 60_000);

afterAll(() => consumer.close());

const noon = Date.parse("2026-03-01T12:00:00Z");
const everything: TailRequest = {
  columns: { events: ["message_id", "properties"], rejected: ["reason", "raw"] },
  sinceSequence: 0,
  takenFromMs: 0,
  hours: null,
  included: [],
  order: "oldest",
  rowsMax: 1000,
  textLengthMax: 1000,
};

test("A130: the tail has the rows of every block above a sequence, published or not, by hour and in pages", async () => {
  const project = "tail";
  const log = consumer.log(project);
  await log.appendMessages(message("r1", ["a1", "a2"]));
  await log.appendMessages(message("r2", ["b1"], "2026-03-01T11:10:00.000Z"));
  await log.flush();
  await log.appendMessages(message("r3", ["c1"]));
  expect(idsOf(await log.tail(everything))).toEqual(["a1", "a2", "b1", "c1"]);
  expect(idsOf(await log.tail({ ...everything, sinceSequence: 1 }))).toEqual(["b1", "c1"]);
  expect(idsOf(await log.tail({ ...everything, order: "newest", rowsMax: 2 }))).toEqual(["c1", "b1"]);
  const first = await log.tail({ ...everything, rowsMax: 2 });
  expect([idsOf(first), first.hasMore, first.throughSequence]).toEqual([["a1", "a2"], true, 1]);
  const rest = await log.tail({ ...everything, sinceSequence: first.throughSequence });
  expect([idsOf(rest), rest.hasMore, rest.throughSequence]).toEqual([["b1", "c1"], false, 3]);
  const hours = { fromMs: noon, toMs: noon + hourMs };
  const open = await log.tail({ ...everything, hours, included: [[noon, 1]] });
  expect(idsOf(open)).toEqual(["c1"]);
  expect(open.publishedThrough).toEqual([[noon, 1]]);
  await consumer.evict(project);
  expect(idsOf(await log.tail(everything))).toEqual(["a1", "a2", "b1", "c1"]);
  await expect(log.tail({ ...everything, hours: { fromMs: 0, toMs: noon } })).rejects.toThrow("hours");
});

test("A130: rejected events are told with their reason, long texts are cut, and unknown columns are null", async () => {
  const log = consumer.log("tail-rejects");
  const events = [
    { ...testEvent("long"), properties: { text: "x".repeat(500) } },
    { type: "track", anonymousId: "a" },
  ];
  const rejected = [{ index: 1, reason: "missing_event_name", field: "event", message: "A name is needed." }] as const;
  await log.appendMessages(testMessage(events, { receiptId: "r1", project: "tail-rejects", rejected }));
  const columns = { events: ["message_id", "properties", "constructor"], rejected: ["reason"] };
  const page = await log.tail({ ...everything, columns, textLengthMax: 20 });
  const rows = page.segments.map(({ dataset, rows: found }) => [dataset, found]);
  expect(rows).toContainEqual(["rejected", [["missing_event_name"]]]);
  expect(rows).toContainEqual(["events", [["long", '{"text":"xxxxxxxxxxx', null]]]);
  const none = await log.tail({ ...everything, columns: {} });
  expect(none.segments).toEqual([]);
});

test("A131: published blocks leave after LIVE_SECONDS, and the tail says up to where some may be gone", async () => {
  const short = await startConsumer({ LIVE_SECONDS: "0.05" });
  try {
    const log = short.log("short");
    await log.appendMessages(message("r1", ["a1"], undefined, "short"));
    expect((await log.tail(everything)).droppedThrough).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await log.flush();
    await log.appendMessages(message("r2", ["b1"], undefined, "short"));
    const page = await log.tail(everything);
    expect([idsOf(page), page.droppedThrough]).toEqual([["b1"], 1]);
    await short.evict("short");
    expect((await log.tail(everything)).droppedThrough).toBe(1);
    await log.appendMessages(message("r3", ["a1"], undefined, "short"));
    expect((await log.ledger(0, Number.MAX_SAFE_INTEGER))[0]).toMatchObject({ stored: 2, duplicate: 1 });
  } finally {
    await short.close();
  }
});

function message(receiptId: string, ids: readonly string[], time?: string, project = "tail"): Uint8Array {
  return testMessage(
    ids.map((id) => testEvent(id, time)),
    { receiptId, project },
  );
}

function idsOf(page: TailPage): unknown[] {
  return page.segments.filter(({ dataset }) => dataset === "events").flatMap(({ rows }) => rows.map(([id]) => id));
}
