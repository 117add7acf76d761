import fc from "fast-check";
import { expect, test } from "vitest";
import { anyJson, anyRow, receiptOf, trackOf } from "../testing/fixtures.ts";
import { eventColumns, rejectedColumns, type Row } from "./columns.ts";
import { encodeEvents, encodeRejected } from "./encode.ts";
import { compareRejectedRows, compareRows } from "./order.ts";
import { readMeta, readRejected, readRows, scanRows } from "./read.ts";
import { rowOf } from "./row.ts";
import { encodeTable } from "./write-table.ts";

const source = { birthId: "birth", logSequence: 17 };
const eventNames = eventColumns.map((column) => column.name);
const rejectedNames = rejectedColumns.map((column) => column.name);

test("L20: rows of events survive encoding, sorted", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyRow(eventColumns), { maxLength: 20 }), async (rows) => {
      expect(await readRows(encodeEvents(rows, source), eventNames)).toEqual(rows.toSorted(compareRows));
    }),
    { numRuns: 30 },
  );
});

test("L20: rows of rejected events survive encoding, sorted", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyRow(rejectedColumns), { maxLength: 20 }), async (rows) => {
      const read = await readRejected(encodeRejected(rows, source), rejectedNames);
      expect(read).toEqual(rows.toSorted(compareRejectedRows));
    }),
    { numRuns: 30 },
  );
});

test("L20: an event of any JSON comes out of its file as the row that it made", async () => {
  await fc.assert(
    fc.asyncProperty(anyJson, anyJson, async (value, other) => {
      const row = rowOf(trackOf({ properties: { value }, context: { value }, other }), receiptOf(), 0);
      expect(await readRows(encodeEvents([row], source), eventNames)).toEqual([row]);
    }),
    { numRuns: 60 },
  );
});

test("L19: the same rows in any order of arrival give the same bytes", () => {
  const distinct = fc.uniqueArray(anyRow(eventColumns), {
    maxLength: 12,
    selector: (row) => `${row.receipt_id} ${row.receipt_index}`,
  });
  const shuffled = distinct.chain((rows) =>
    fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length })),
  );
  fc.assert(
    fc.property(shuffled, ([rows, others]) => {
      expect(encodeEvents(others, source)).toEqual(encodeEvents(rows, source));
    }),
    { numRuns: 40 },
  );
});

test("L19: events are sorted by anonymous id, time, message id; nulls come first; encoding leaves its input alone", async () => {
  const base = rowOf(trackOf(), receiptOf(), 0);
  const row = (anonymous_id: string | null, time: number, message_id: string): Row => ({
    ...base,
    anonymous_id,
    time,
    message_id,
  });
  const rows = [
    row("😀", 1, "a"),
    row("b", 2, "a"),
    row("b", 1, "b"),
    row("\ue000", 1, "a"),
    row("b", 1, "a"),
    row(null, 9, "z"),
  ];
  const before = [...rows];
  const read = await readRows(encodeEvents(rows, source), ["anonymous_id", "time", "message_id"]);
  expect(read.map(Object.values)).toEqual([
    [null, 9, "z"],
    ["b", 1, "a"],
    ["b", 1, "b"],
    ["b", 2, "a"],
    ["\ue000", 1, "a"],
    ["😀", 1, "a"],
  ]);
  expect(rows).toEqual(before);
});

test("L19: two events with one id, of a public and a server key, keep one order", () => {
  const publicRow = rowOf(trackOf(), receiptOf({ receiptId: "A" }), 0);
  const serverRow = rowOf(trackOf(), receiptOf({ receiptId: "B", keyKind: "server" }), 0);
  expect(encodeEvents([serverRow, publicRow], source)).toEqual(encodeEvents([publicRow, serverRow], source));
});

test("L25: a part names its format, dataset, log and sequence", async () => {
  const rows = [rowOf(trackOf(), receiptOf(), 0)];
  const expected = { format: 1, birthId: "birth", logSequence: 17 };
  expect(await readMeta(encodeEvents(rows, source))).toEqual({ ...expected, dataset: "events", rows: 1 });
  expect(await readMeta(encodeRejected([], source))).toEqual({ ...expected, dataset: "rejected", rows: 0 });
});

test("L25: a file that is no part, or of a newer format, is told apart", async () => {
  await expect(readMeta(encodeTable(eventColumns, []))).rejects.toThrow(/not a part/);
  const metadata = { "sluice.format": "2", "sluice.dataset": "events", "sluice.birth": "b", "sluice.sequence": "1" };
  await expect(readMeta(encodeTable(eventColumns, [], { metadata }))).rejects.toThrow(/format 2/);
  const broken = { ...metadata, "sluice.sequence": "x" };
  await expect(readMeta(encodeTable(eventColumns, [], { metadata: broken }))).rejects.toThrow(/not a part/);
});

test("L22: a scan of events gives the rows of the file", async () => {
  const rows = Array.from({ length: 12_000 }, (_, index) =>
    rowOf(trackOf({ messageId: `m${index}` }), receiptOf(), index),
  );
  const ids = new Set<string>();
  for await (const group of scanRows(encodeEvents(rows, source), ["message_id"])) {
    for (const row of group) ids.add(row.message_id);
  }
  expect(ids.size).toBe(rows.length);
});
