import {
  countStream,
  type HourArrivals,
  hourOf,
  type Json,
  type Receipt,
  type SoughtId,
  type StreamNote,
} from "@sluice/schema";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ConsumerHarness, startConsumer, testEvent, testMessage } from "../testing/harness.ts";
import { idsIn } from "../testing/lake-contents.ts";

// Each test has its own project, and so its own log.
let consumer: ConsumerHarness;
beforeAll(async () => {
  consumer = await startConsumer();
});
afterAll(() => consumer.close());

const receivedAtMs = hourOf(Date.now());
const everything = [0, Number.MAX_SAFE_INTEGER] as const;

/** A message with a number: `before` events lie in those with lower numbers. */
function numbered(project: string, sequence: number, before: number, ids: readonly string[]): Uint8Array {
  const stream: StreamNote = { eventsBefore: before, voided: [], previous: null };
  const events: readonly Json[] = ids.map((id) => testEvent(id, new Date(receivedAtMs).toISOString()));
  return testMessage(events, { receiptId: `r${sequence}`, project, receivedAtMs, sequence, stream });
}

function countsOf(arrivals: HourArrivals): object[] {
  return arrivals.streams.map(({ source, runs, ...stream }) => ({
    source,
    runs,
    ...countStream({ ...stream, source, runs }),
  }));
}

test("Q72: a log knows which messages it has not seen, and how many events they hold, through all that may happen to it", async () => {
  const project = "arrivals";
  const log = consumer.log(project);
  const first = numbered(project, 1, 0, ["a", "b"]);
  await consumer.deliver("EVENTS", [first, numbered(project, 3, 5, ["f"])]);
  const gap = [
    {
      source: "web",
      runs: [
        [1, 1],
        [3, 3],
      ],
      events: 6,
      missingMessages: 1,
    },
  ];
  expect(countsOf(await log.arrivals(...everything))).toEqual(gap);
  await consumer.deliver("EVENTS", [first]); // redelivered
  await consumer.evict(project);
  expect(countsOf(await log.arrivals(...everything))).toEqual(gap);
  await log.flush();
  await consumer.evict(project);
  expect(countsOf(await log.arrivals(...everything))).toEqual(gap);
  expect((await log.arrivals(0, receivedAtMs)).streams).toEqual([]);
  await consumer.deliver("EVENTS", [numbered(project, 2, 2, ["c", "d", "e"])]);
  await log.flush();
  const whole = [{ source: "web", runs: [[1, 3]], events: 6, missingMessages: 0 }];
  expect(countsOf(await log.arrivals(...everything))).toEqual(whole);
  expect(await consumer.sql("SELECT COUNT(*) AS rows FROM arrivals", project)).toEqual([{ rows: 1 }]);
});

test("Q72: messages without a number, or with one that is none, are counted as they are taken", async () => {
  const project = "untracked";
  const log = consumer.log(project);
  const hostile = { eventsBefore: "many", voided: {}, previous: 7 } as unknown as StreamNote;
  const without: Partial<Receipt> = { project, receivedAtMs };
  const message = testMessage([testEvent("a"), testEvent("b")], { receiptId: "r1", ...without });
  await consumer.deliver("EVENTS", [
    message,
    message,
    testMessage([testEvent("c")], { receiptId: "r2", ...without, stream: hostile }),
  ]);
  await log.flush();
  await consumer.deliver("EVENTS", [message]);
  expect(await log.arrivals(...everything)).toEqual({
    streams: [],
    untracked: [{ source: "web", hourMs: receivedAtMs, events: 3 }],
  });
});

test("Q72: arrivals older than 35 days are forgotten when blocks are folded", async () => {
  const project = "forgotten";
  const oldMs = receivedAtMs - 36 * 86_400_000;
  const stream: StreamNote = { eventsBefore: 0, voided: [], previous: null };
  const old = testMessage([testEvent("a")], { receiptId: "r1", project, receivedAtMs: oldMs, stream });
  await consumer.deliver("EVENTS", [old]);
  expect((await consumer.log(project).arrivals(...everything)).streams).toHaveLength(1);
  await consumer.log(project).flush();
  expect((await consumer.log(project).arrivals(...everything)).streams).toEqual([]);
});

test("Q73: a log says which ids it has stored, before and after publication and after a restart", async () => {
  const project = "known";
  const time = "2026-03-01T12:10:00.000Z";
  await consumer.deliver("EVENTS", [testMessage([testEvent("a", time)], { receiptId: "r1", project })]);
  const sought = (part: Partial<SoughtId>): SoughtId => ({
    dataset: "events",
    keyKind: "public",
    id: "a",
    bucketHourMs: hourOf(Date.parse(time)),
    ...part,
  });
  const ids = [sought({}), sought({ id: "b" }), sought({ keyKind: "server" }), sought({ dataset: "rejected" })];
  for (const step of [async () => null, () => consumer.log(project).flush(), () => consumer.evict(project)]) {
    await step();
    expect(await consumer.log(project).knows(ids)).toEqual([true, false, false, false]);
  }
  const many = Array.from({ length: 1000 }, () => sought({}));
  await expect(consumer.log(project).knows(many)).rejects.toThrow("more than");
});

test("Q75: an event driven again enters under its own id; the same message a second time is skipped, another one is a duplicate", async () => {
  const project = "redriven";
  const log = consumer.log(project);
  const broken = { type: "track", anonymousId: "v", messageId: "m1" };
  const rejected = [{ index: 0, reason: "missing_event_name", field: "event", message: "No name." }] as const;
  const receipt = { receiptId: "r1", project, receivedAtMs };
  await consumer.deliver("EVENTS", [testMessage([broken], { ...receipt, rejected })]);
  const mended = [{ ...broken, event: "Mended" }];
  const again = testMessage(mended, { ...receipt, redrive: "mended-1" });
  await consumer.deliver("EVENTS", [again]);
  await log.flush();
  const once = await log.ledger(...everything);
  expect(once).toMatchObject([{ received: 2, stored: 1, duplicate: 0, rejected: 1 }]);
  await consumer.deliver("EVENTS", [again]);
  expect(await log.ledger(...everything)).toEqual(once);
  await consumer.deliver("EVENTS", [testMessage(mended, { ...receipt, redrive: "mended-2" })]);
  await log.flush();
  expect(await log.ledger(...everything)).toMatchObject([{ received: 3, stored: 1, duplicate: 1, rejected: 1 }]);
  expect(await idsIn(consumer.lake, project)).toEqual(["m1"]);
});
