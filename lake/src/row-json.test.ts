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
  const line = JSON.parse(serializeRow(rowOf(trackOf(), receiptOf(), 0))) as unknown[];
  const withCell = (name: string, value: unknown): string =>
    JSON.stringify(line.with(eventColumns.map((column) => column.name as string).indexOf(name), value));
  expect(() => parseRow(JSON.stringify(line))).not.toThrow();
  const wrong = [
    ["time", "now"],
    ["message_id", null],
    ["is_bot", 1],
    ["user_id", 5],
    ["revenue", 5],
  ] as const;
  for (const [name, value] of wrong) expect(() => parseRow(withCell(name, value)), name).toThrow(TypeError);
  for (const text of ["null", "5", "{}", "[]", JSON.stringify([...line, null])]) {
    expect(() => parseRow(text), text.slice(0, 5)).toThrow(TypeError);
  }
});

test("L18: a line that ends before the newest columns reads with those null", () => {
  const row = rowOf(trackOf(), receiptOf({ gpc: true }), 0);
  const line = JSON.parse(serializeRow(row)) as unknown[];
  expect(parseRow(JSON.stringify(line.slice(0, -1)))).toEqual({ ...row, gpc: null });
});
