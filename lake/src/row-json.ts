import { blankRow } from "./blank-row.ts";
import type { CellValue, Columns } from "./column.ts";
import { eventColumns, rejectedColumns, type RejectedRow, type Row } from "./columns.ts";

/*
 * The line of a row in the log: a JSON array of its values in the order of the table. Columns are only ever added at the
 * end, so a line that an older version wrote is merely shorter. Names would make it a third longer and slower to read.
 */

/** A row as one line of JSON. */
export function serializeRow(row: Row | RejectedRow): string {
  const columns = "redrivable" in row ? rejectedColumns : eventColumns;
  const cells = row as Readonly<Record<string, CellValue>>;
  const values: (CellValue | undefined)[] = [];
  for (const { name } of columns) values.push(cells[name]);
  return JSON.stringify(values);
}

/** The row of such a line. Throws when it is none: the log holds only what {@link serializeRow} wrote. */
export function parseRow(text: string): Row {
  // Each column of the table that the type derives from is checked.
  return rowFrom(eventColumns, blankEvent, text) as Row;
}

/** Likewise for `rejected`. */
export function parseRejectedRow(text: string): RejectedRow {
  return rowFrom(rejectedColumns, blankRejected, text) as RejectedRow;
}

const blankEvent = blankRow(eventColumns);
const blankRejected = blankRow(rejectedColumns);

const scalarOf = {
  string: "string",
  json: "string",
  decimal: "string",
  timestamp: "number",
  int32: "number",
  int64: "number",
  boolean: "boolean",
} as const;

function rowFrom(columns: Columns, blank: Readonly<Record<string, null>>, text: string): Record<string, CellValue> {
  const values = JSON.parse(text) as unknown;
  if (!Array.isArray(values) || values.length > columns.length)
    throw new TypeError("a row must be an array of its columns");
  const row: Record<string, CellValue> = { ...blank };
  let index = 0;
  for (const { name, type, nullable } of columns) {
    const value = values[index++] as unknown;
    if (value === null || value === undefined) {
      if (!nullable) throw new TypeError(`a row's ${name} must not be null`);
    } else if (typeof value === scalarOf[type]) row[name] = value as CellValue;
    else throw new TypeError(`a row's ${name} must be ${type}`);
  }
  return row;
}
