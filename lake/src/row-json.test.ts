import fc from "fast-check";
import { expect, test } from "vitest";
import { anyRow, receiptOf, trackOf } from "../testing/fixtures.ts";
import { eventColumns, rejectedColumns } from "./columns.ts";
import { parseRejectedRow, parseRow, serializeRow } from "./row-json.ts";
import { rowOf } from "./row.ts";

test("L18: a row survives its line of JSON", () => {
  fc.assert(
    fc.property(anyRow(eventColumns), anyRow(rejectedColumns), (row, rejected) => {
      const line = serializeRow(row);
      expect(line).not.toContain("\n");
      expect(parseRow(line)).toEqual(row);
      expect(parseRejectedRow(serializeRow(rejected))).toEqual(rejected);
    }),
  );
});

test("L18: a line that is no row is refused", () => {
  const line = JSON.parse(serializeRow(rowOf(trackOf(), receiptOf(), 0))) as Record<string, unknown>;
  expect(() => parseRow(JSON.stringify(line))).not.toThrow();
  for (const part of [{ time: "now" }, { message_id: null }, { is_bot: 1 }, { user_id: 5 }, { revenue: 5 }]) {
    expect(() => parseRow(JSON.stringify({ ...line, ...part }))).toThrow(TypeError);
  }
  for (const text of ["null", "5", "[]", "{}"]) expect(() => parseRow(text)).toThrow(TypeError);
});
