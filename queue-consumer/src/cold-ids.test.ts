import { randomUUID } from "node:crypto";
import type { KeyKind } from "@sluice/schema";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ulid } from "ulid";
import { type ConsumerHarness, startConsumer, testEvent, testMessage } from "../testing/harness.ts";
import { idsIn } from "../testing/lake-contents.ts";

// Ids go cold a tenth of a second after they were folded. Each test has its own project, and so its own log.
let consumer: ConsumerHarness;
beforeAll(async () => {
  consumer = await startConsumer({ COOL_SECONDS: "0.1", COOL_IDS: "1" });
});
afterAll(() => consumer.close());

const minute = 60_000;
const day = 24 * 60 * minute;
const births = Date.now() - 420 * day;
const old = new Date(births).toISOString();

interface Sending {
  readonly project: string;
  readonly receiptId: string;
  readonly receivedAtMs?: number;
  readonly keyKind?: KeyKind;
}

function messageOf(ids: readonly string[], { receivedAtMs = births, ...sending }: Sending): Uint8Array {
  return testMessage(
    ids.map((id) => testEvent(id, old)),
    { ...sending, receivedAtMs },
  );
}

/** Appends ids as one message. */
function append(ids: readonly string[], sending: Sending) {
  return consumer.log(sending.project).appendMessages(messageOf(ids, sending));
}

/** Appends ids and lets them go cold, as an object of their own. */
async function cool(ids: readonly string[], sending: Sending): Promise<void> {
  await append(ids, sending);
  await consumer.log(sending.project).flush();
  await coolFolded(sending.project);
}

/** Lets the ids go cold that are folded. */
async function coolFolded(project: string): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 110));
  await consumer.log(project).flush();
}

async function coldKeys(project: string): Promise<readonly string[]> {
  return (await consumer.lake.list({ prefix: `seen/project=${project}/` })).objects.map((object) => object.key);
}

async function warmCount(project: string): Promise<unknown> {
  return (await consumer.sql("SELECT COUNT(*) AS pages FROM seen", project))[0]?.["pages"];
}

function idsOf(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${String(i).padStart(4, "0")}`);
}

test("Q40: a resend is a duplicate after a minute, 25 hours, 8 days and 400 days, whatever the kind of its id", async () => {
  const project = "resent";
  const hex = births.toString(16).padStart(12, "0");
  const ids = [
    ulid(births),
    `ajs-next-${births}-${randomUUID()}`,
    randomUUID(),
    `${hex.slice(0, 8)}-${hex.slice(8)}-7abc-8def-0123456789ab`,
  ];
  await cool(ids, { project, receiptId: "r0" });
  expect(await warmCount(project)).toBe(0);
  for (const delayMs of [minute, 25 * 60 * minute, 8 * day, 400 * day]) {
    await consumer.evict(project);
    const receivedAtMs = births + delayMs;
    expect(await append(ids, { project, receiptId: `after ${delayMs}`, receivedAtMs })).toMatchObject({
      stored: 0,
      duplicate: 4,
    });
  }
  const other = await append(ids, { project, receiptId: "server", keyKind: "server" });
  expect(other).toMatchObject({ stored: 4, duplicate: 0 });
  expect(await append(ids, { project: "resent-2", receiptId: "r0" })).toMatchObject({ stored: 4, duplicate: 0 });
  await consumer.log(project).flush();
  expect(await idsIn(consumer.lake, project)).toEqual([...ids, ...ids].toSorted());
});

describe("ids that state no time, on events without one", () => {
  const ids = idsOf("order-", 30);
  const events = ids.map((messageId) => ({ ...testEvent(messageId), timestamp: null }));
  const first = Date.now() - 29 * day; // they are kept for 30 days of the log's own time
  const send = (project: string, receiptId: string, receivedAtMs: number) =>
    consumer.log(project).appendMessages(testMessage(events, { project, receiptId, receivedAtMs }));

  test("Q96: are known for 30 days from their receipt, in whatever order the receipts come", async () => {
    const project = "undated";
    expect(await send(project, "first", first)).toMatchObject({ stored: 30 });
    await consumer.log(project).flush();
    await coolFolded(project);
    expect(await coldKeys(project)).toEqual([]);
    for (const delayMs of [minute, 25 * 60 * minute, 8 * day, 29 * day, -8 * day]) {
      await consumer.evict(project);
      expect(await send(project, `after ${delayMs}`, first + delayMs)).toMatchObject({ stored: 0, duplicate: 30 });
    }
    expect(await send(project, "much later", first + 31 * day)).toMatchObject({ stored: 30 });
  });

  test("Q96: two copies of one call that were received on two days are stored once", async () => {
    const project = "undated-twice";
    const copies = [0, 1].map((days) =>
      testMessage(events, { project, receiptId: `day ${days}`, receivedAtMs: first + days * day }),
    );
    expect(await consumer.log(project).appendMessages(...copies)).toMatchObject({ stored: 30, duplicate: 30 });
  });

  test("Q96: are forgotten afterwards, and others of the same pages are not", async () => {
    const project = "undated-old";
    await send(project, "old", first - 40 * day);
    await append(["dated"], { project, receiptId: "dated" });
    await consumer.log(project).flush();
    expect(await warmCount(project)).toBe(1); // one page holds both, and so stays
    await consumer.evict(project);
    expect(await append(["dated"], { project, receiptId: "again" })).toMatchObject({ stored: 0, duplicate: 1 });
    const alone = "undated-alone";
    await send(alone, "old", first - 40 * day);
    await consumer.log(alone).flush();
    await send(alone, "new", first);
    await consumer.log(alone).flush(); // forgets before it folds
    const [page] = await consumer.sql("SELECT count FROM seen", alone);
    expect(page).toEqual({ count: 30 });
  });
});

test("Q41: ids that nobody sent for long leave the log for one object; later ones of the same hour get another", async () => {
  const project = "cooled";
  await cool(idsOf("a", 300), { project, receiptId: "r1" });
  const [first] = await coldKeys(project);
  expect(first).toMatch(/^seen\/project=cooled\/shard=00000\/[0-9a-f]{32}-000000\.ids$/);
  expect((await consumer.lake.head(first ?? ""))?.size).toBe(300 * 20);
  expect(await warmCount(project)).toBe(0);
  const mixed = [...idsOf("a", 300), ...idsOf("b", 10)];
  expect(await append(mixed, { project, receiptId: "r2" })).toMatchObject({ stored: 10, duplicate: 300 });
  await consumer.log(project).flush();
  await coolFolded(project);
  expect(await coldKeys(project)).toHaveLength(2);
  await consumer.evict(project);
  expect(await append(mixed, { project, receiptId: "r3" })).toMatchObject({ stored: 0, duplicate: 310 });
});

test("Q41: ids of hours that are not over, or that had company lately, stay in the log", async () => {
  const project = "warm";
  const soon = testEvent("soon", new Date(Date.now() + 10 * minute).toISOString());
  const message = testMessage([testEvent("past", old), soon], { receiptId: "r1", project, receivedAtMs: Date.now() });
  await consumer.log(project).appendMessages(message);
  await consumer.log(project).flush();
  await coolFolded(project);
  expect(await coldKeys(project)).toEqual([]);
  expect(await append(["past"], { project, receiptId: "r2" })).toMatchObject({ stored: 0, duplicate: 1 });
});

for (const step of ["before_put", "after_put", "fail_put", "lost_reply"] as const) {
  test(`Q42: ${step} while ids go cold loses and doubles none, and the next cycle ends the move`, async () => {
    const project = `q42-${step.replace("_", "-")}`;
    const ids = idsOf("a", 50);
    await append(ids, { project, receiptId: "r1" });
    const log = consumer.log(project);
    await log.flush();
    expect(await warmCount(project)).toBe(1);
    await log.crashAt(step, 1);
    await coolFolded(project).catch(() => null); // a crash fails the call
    expect(await append([...ids, "b"], { project, receiptId: "r2" })).toMatchObject({ stored: 1, duplicate: 50 });
    await log.flush();
    await coolFolded(project);
    expect(await warmCount(project)).toBe(0);
    expect(await consumer.sql("SELECT name FROM meta WHERE name = 'coldPlan'", project)).toEqual([]);
    await consumer.evict(project);
    expect(await append([...ids, "b"], { project, receiptId: "r3" })).toMatchObject({ stored: 0, duplicate: 51 });
  });
}

test("Q43: while cold ids cannot be read, what needs them is left out whole, and everything else goes on", async () => {
  const project = "unread";
  const cold = idsOf("a", 20);
  await cool(cold, { project, receiptId: "r1" });
  const log = consumer.log(project);
  await log.crashAt("fail_get", 1);
  const messages = [
    messageOf(["new", ...cold], { project, receiptId: "needs them" }),
    testMessage([testEvent("fresh", new Date().toISOString())], { project, receiptId: "does not" }),
  ];
  expect(await log.appendMessages(...messages)).toMatchObject({
    stored: 1,
    duplicate: 0,
    skippedSlices: 0,
    unchecked: [0],
  });
  expect(await log.appendMessages(...messages)).toMatchObject({
    stored: 1,
    duplicate: 20,
    skippedSlices: 1,
    unchecked: [],
  });
  await log.flush();
  expect(await idsIn(consumer.lake, project)).toEqual([...cold, "fresh", "new"].toSorted());
});

test("Q44: ids that go cold while an append waits for others are found", async () => {
  const project = "overtaken";
  await cool(["cold"], { project, receiptId: "r1" });
  const log = consumer.log(project);
  await append(["warm"], { project, receiptId: "r2" });
  await log.flush();
  await new Promise((resolve) => setTimeout(resolve, 110));
  await log.crashAt("flush_in_get", 1);
  expect(await append(["cold", "warm"], { project, receiptId: "r3" })).toMatchObject({ stored: 0, duplicate: 2 });
  expect(await coldKeys(project)).toHaveLength(2);
});

test("Q45: an append reads cold ids at most sixteen times; a slice that needs more ends with its second delivery", async () => {
  const project = "many";
  const ids = idsOf("a", 20);
  for (const id of ids) await cool([id], { project, receiptId: id });
  expect(await coldKeys(project)).toHaveLength(20);
  const messages = [
    messageOf(ids, { project, receiptId: "all" }),
    messageOf(ids.slice(0, 5), { project, receiptId: "some" }),
  ];
  const log = consumer.log(project);
  expect(await log.appendMessages(...messages)).toMatchObject({ duplicate: 5, unchecked: [0] });
  expect(await log.appendMessages(...messages)).toMatchObject({ skippedSlices: 1, duplicate: 20, unchecked: [] });
}, 60_000);

test("Q47: the log writes at most 0.02 rows per event, folding, publishing and cooling included", async () => {
  const project = "counted";
  const log = consumer.log(project);
  const before = await log.rowsWritten();
  const events = 20_000;
  for (let at = 0; at < events; at += 100) {
    await append(idsOf(`${at}-`, 100), { project, receiptId: `r${at}` });
    if (at % 10_000 === 9900) await log.flush();
  }
  await log.flush();
  await coolFolded(project);
  expect(await coldKeys(project)).not.toEqual([]);
  const rows = (await log.rowsWritten()) - before;
  expect(rows / events).toBeLessThanOrEqual(0.02);
  expect(rows).toBeGreaterThan(events / 100); // each append writes its block
}, 60_000);
