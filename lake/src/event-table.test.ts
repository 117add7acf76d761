import type { Json, JsonObject, Receipt } from "@sluice/schema";
import fc from "fast-check";
import { expect, test } from "vitest";
import { anyJson, anyRow, receiptOf, trackOf } from "../testing/fixtures.ts";
import { eventColumns, type Row } from "./columns.ts";
import { encodeEvents, encodeEventTable } from "./encode.ts";
import { EventTable } from "./event-table.ts";
import { readEventTable, readRows } from "./read.ts";
import { rowOf } from "./row.ts";

const source = { birthId: "b", logSequence: 3 };

interface Sent {
  readonly raw: JsonObject;
  readonly receipt: Receipt;
  readonly index: number;
}

const anyContext: fc.Arbitrary<Json> = fc.oneof(
  anyJson,
  fc.constantFrom<Json[]>(
    { library: { name: "@sluice/web", version: "1" }, session: { id: 7 }, page: { url: "/a?utm_source=x&gclid=1" } },
    { page: { path: "/", referrer: "$direct" }, campaign: { source: "mail" }, userAgent: "curl/8", groupId: "g" },
    { device: { type: "ios" }, os: { name: "iOS" }, consent: { categoryPreferences: { a: true } }, ip: "192.0.2.77" },
    {},
    null,
  ),
);

const anyEvent = fc.record(
  {
    type: fc.constantFrom("track", "page", "screen", "identify", "group", "alias"),
    messageId: fc.option(fc.string({ minLength: 1, maxLength: 5 })),
    event: fc.constantFrom("A", "B"),
    name: fc.constantFrom("n", 1),
    timestamp: fc.constantFrom("2026-11-20T09:59:59.123Z", "2026-11-20T09:00:00Z", null),
    anonymousId: fc.constantFrom("a", "b", "\ue000", "😀"),
    userId: fc.constantFrom("u", 5, ""),
    properties: fc.oneof(anyJson, fc.record({ url: anyJson, title: fc.constant("t"), revenue: fc.constant("9.5") })),
    other: anyJson,
  },
  { requiredKeys: ["type"] },
) as unknown as fc.Arbitrary<JsonObject>;

/** Requests whose events share contexts, as objects, and in part receipts. */
const anyRequests: fc.Arbitrary<readonly Sent[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom("public", "server"),
      id: fc.constantFrom("01A", "01B", "01C"),
      contexts: fc.array(anyContext, { minLength: 1, maxLength: 3 }),
      events: fc.array(fc.tuple(anyEvent, fc.nat(2)), { maxLength: 6 }),
    }),
    { maxLength: 5 },
  )
  .map((requests) =>
    requests.flatMap(({ kind, id, contexts, events }, request) => {
      const receipt = receiptOf({ receiptId: `${id}${request}`, keyKind: kind as Receipt["keyKind"] });
      return events.map(([event, context], index): Sent => {
        const shared = contexts[context % contexts.length];
        return { raw: shared === undefined ? event : { ...event, context: shared }, receipt, index };
      });
    }),
  );

function tableOf(sent: readonly Sent[]): EventTable {
  const table = new EventTable();
  for (const { raw, receipt, index } of sent) table.add(raw, receipt, index);
  return table;
}

function rowsOf(sent: readonly Sent[]): Row[] {
  return sent.map(({ raw, receipt, index }) => rowOf(raw, receipt, index));
}

test("L50: a part made of events is, byte for byte, the part of their rows", () => {
  fc.assert(
    fc.property(anyRequests, (sent) => {
      expect(encodeEventTable(tableOf(sent), source)).toEqual(encodeEvents(rowsOf(sent), source));
    }),
    { numRuns: 200 },
  );
});

test("L50: the same with the rows of a part that grows, and after some were taken back", async () => {
  const anyStored = fc.array(anyRow(eventColumns), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(anyRequests, anyRequests, anyStored, async (sent, tooMany, rows) => {
      const table = tableOf([...sent, ...tooMany]);
      table.truncate(sent.length);
      for (const { raw, receipt, index } of sent) table.add(raw, receipt, index + 1000);
      table.addStoredOf(await readEventTable(encodeEvents(rows, source)));
      const again = sent.map((event) => ({ ...event, index: event.index + 1000 }));
      const all = [...rows, ...rowsOf(sent), ...rowsOf(again)];
      expect(table.length).toBe(all.length);
      expect(encodeEventTable(table, source)).toEqual(encodeEvents(all, source));
    }),
    { numRuns: 60 },
  );
});

test("L50: the same with more rows than one row group holds", async () => {
  const context = { page: { url: "/", title: "t" } };
  const sent = Array.from({ length: 12_000 }, (_, index): Sent => {
    const raw = trackOf({
      messageId: `m${index % 7000}`,
      anonymousId: `a${index % 97}`,
      properties: { index },
      context,
    });
    return { raw, receipt: receiptOf({ receiptId: `r${Math.floor(index / 50)}` }), index: index % 50 };
  });
  // Receipts are one object for each event here: nothing may depend on who shares it.
  const file = encodeEventTable(tableOf(sent), source);
  expect(file).toEqual(encodeEvents(rowsOf(sent), source));
  expect(await readRows(file, ["message_id"])).toHaveLength(12_000);
});

test("L50: a row's own JSON is what a table says that it adds", () => {
  const table = new EventTable();
  const raw = trackOf({ properties: { a: 1 }, context: { b: [1] }, more: true });
  const { properties, traits, context, extra } = rowOf(raw, receiptOf(), 0);
  const length = [properties, traits, context, extra].reduce((sum, text) => sum + (text ?? "").length, 0);
  expect(table.add(raw, receiptOf(), 0)).toBe(length);
});
