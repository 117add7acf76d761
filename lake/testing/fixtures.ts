/*
 * Receipts, events and rows for the tests of this package. Values are made up; shapes are those that the
 * published SDKs send.
 */
import type { Json, JsonObject, Receipt } from "@sluice/schema";
import fc from "fast-check";
import type { Column, Columns, ColumnType, RowOf } from "../src/column.ts";
import { formatDecimal } from "../src/decimal.ts";

/** Receipt instant of {@link receiptOf}, ms. */
export const receivedAtMs = Date.UTC(2026, 10, 20, 10, 0, 0, 500);

/** A receipt of a public key, with some fields replaced. */
export function receiptOf(part: Partial<Receipt> = {}): Receipt {
  return {
    receiptId: "01KAG2X9YM0000000000000000",
    receivedAtMs,
    isolateId: "isolate",
    sequence: 1,
    project: "shop",
    source: "web",
    keyKind: "public",
    keySerial: 1,
    sentAtMs: null,
    clockOffsetMs: null,
    geo: { country: "DE", region: "BE", city: "Berlin" },
    ip: "192.0.2.0",
    userAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    impliedType: null,
    firstIndex: 0,
    eventCount: 1,
    rejected: [],
    rulesVersion: 1,
    ...part,
  };
}

/**
 * Texts that begin like the ones before them, so many that files keep what each adds only: ids, empty ones, and such as part within
 * a character.
 */
export function similarTexts(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const letter = ["ä", "ö", "😀", "😁", "", "z".repeat(i % 60)][i % 6] ?? "";
    return i % 97 === 0 ? "" : `01KAG2X9YM${String(i).padStart(6, "0")}${letter}`;
  });
}

/** A track event with some fields replaced. */
export function trackOf(part: JsonObject = {}): JsonObject {
  return {
    type: "track",
    event: "Order Completed",
    messageId: "01KAG2X9YM0000000000000001",
    timestamp: "2026-11-20T09:59:59.123Z",
    anonymousId: "a1",
    ...part,
  };
}

/** Any text that UTF-8 can hold: all planes, control characters, byte order marks. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom(
    "",
    "\ufeffbom",
    "a\u0000b",
    "\u2028",
    "\ue000",
    "😀",
    "__proto__",
    "constructor",
    "null",
    "ß".repeat(40),
  ),
);

/** Any text that `JSON.parse` can return, lone surrogates included. */
export const anyJsonText: fc.Arbitrary<string> = fc.oneof(
  anyText,
  fc.string({ unit: fc.integer({ min: 0xd7ff, max: 0xe001 }).map((unit) => String.fromCharCode(unit)), maxLength: 4 }),
  fc.constantFrom("\ud800", "\udc00\ud800", "\\ud800", "\\\ud800\\"),
);

/** Any value that `JSON.parse` can return, with hostile keys and lone surrogates. */
export const anyJson: fc.Arbitrary<Json> = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small" },
    anyJsonText,
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (number === 0 ? 0 : number)),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("json"), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.oneof(anyJsonText, fc.constant("__proto__")), tie("json")), { maxLength: 4 })
      .map((entries) => Object.fromEntries(entries)),
  ),
})).json;

const anyValue: Readonly<Record<ColumnType, fc.Arbitrary<string | number | boolean>>> = {
  string: anyText,
  json: fc.json(),
  timestamp: fc.integer({ min: Date.UTC(1, 0, 1), max: Date.UTC(9999, 11, 31) }),
  boolean: fc.boolean(),
  int32: fc.integer(),
  int64: fc.maxSafeInteger(),
  decimal: fc.bigInt({ min: 1n - 10n ** 18n, max: 10n ** 18n - 1n }).map(formatDecimal),
};

/** Any row of a table. */
export function anyRow<const Table extends Columns>(columns: Table): fc.Arbitrary<RowOf<Table>> {
  const cells = columns.map(
    (column: Column) =>
      [column.name, column.nullable ? fc.option(anyValue[column.type]) : anyValue[column.type]] as const,
  );
  // One arbitrary per column of the table is what RowOf says.
  return fc.record(Object.fromEntries(cells), { noNullPrototype: true }) as unknown as fc.Arbitrary<RowOf<Table>>;
}
