import type { CellValue, Column, Columns } from "./column.ts";
import { eventColumns, rejectedColumns, type RejectedRow, type Row } from "./columns.ts";

/** A row as one line of JSON, without its nulls. */
export function serializeRow(row: Row | RejectedRow): string {
  return JSON.stringify(row, (_name, value: unknown) => value ?? undefined);
}

/** The row of such a line. Throws when it is none: the log holds only what {@link serializeRow} wrote. */
export function parseRow(text: string): Row {
  // The loop below checks each column of the table that the type derives from.
  return rowFrom(eventColumns, text) as Row;
}

/** Likewise for `rejected`. */
export function parseRejectedRow(text: string): RejectedRow {
  return rowFrom(rejectedColumns, text) as RejectedRow;
}

function rowFrom(columns: Columns, text: string): Record<string, CellValue> {
  const value = JSON.parse(text) as unknown;
  if (typeof value !== "object" || value === null) throw new TypeError("a row must be an object");
  const stored = new Map<string, unknown>(Object.entries(value));
  const row: Record<string, CellValue> = {};
  for (const column of columns) row[column.name] = cellOf(column, stored.get(column.name) ?? null);
  return row;
}

const scalarOf = {
  string: "string",
  json: "string",
  decimal: "string",
  timestamp: "number",
  int32: "number",
  int64: "number",
  boolean: "boolean",
} as const;

function cellOf(column: Column, value: unknown): CellValue {
  if (value === null && column.nullable) return null;
  if (typeof value !== scalarOf[column.type]) throw new TypeError(`a row's ${column.name} must be ${column.type}`);
  return value as CellValue;
}
