import type { SchemaElement } from "hyparquet";
import type { CellValue, Column, ColumnType } from "./column.ts";
import { decimalPrecision, decimalScale, formatDecimal, scaledOf } from "./decimal.ts";
import type { PageValue } from "./dictionary.ts";

/** Values as the Parquet library gives them. */
export type PhysicalValue = string | number | bigint | boolean | null | undefined;

/** The Parquet schema of a column. */
export function schemaElementOf(column: Column): SchemaElement {
  const repetition = column.nullable ? "OPTIONAL" : "REQUIRED";
  const base = { name: column.name, repetition_type: repetition } as const;
  switch (column.type) {
    case "string":
      return { ...base, type: "BYTE_ARRAY", converted_type: "UTF8" };
    case "json":
      return { ...base, type: "BYTE_ARRAY", converted_type: "JSON", logical_type: { type: "JSON" } };
    case "timestamp":
      // Only the converted type: it means UTC, and DuckDB reads it as a plain TIMESTAMP that holds UTC, so
      // that a query's days do not depend on the time zone of the machine it runs on.
      return { ...base, type: "INT64", converted_type: "TIMESTAMP_MILLIS" };
    case "boolean":
      return { ...base, type: "BOOLEAN" };
    case "int32":
      return { ...base, type: "INT32" };
    case "int64":
      return { ...base, type: "INT64" };
    case "decimal":
      return {
        ...base,
        type: "INT64",
        converted_type: "DECIMAL",
        scale: decimalScale,
        precision: decimalPrecision,
      };
  }
}

/**
 * A column's values as they stand in its pages: decimals as millionths.
 *
 * @throws TypeError when a value is not of the column's type, or null where the column allows none.
 */
export function pageCells(column: Column, cells: readonly CellValue[]): readonly (PageValue | null)[] {
  const isOfType = typeTests[column.type];
  const isTextColumn = isOfType === isText;
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i] ?? null;
    if (cell === null) {
      if (!column.nullable) throw new TypeError(`column ${column.name} must not be null`);
    } else if (isTextColumn ? typeof cell !== "string" : !isOfType(cell)) {
      throw new TypeError(`column ${column.name} takes no such ${typeof cell}`);
    }
  }
  return column.type === "decimal" ? cells.map((cell) => (cell === null ? null : scaledOf(cell as string))) : cells;
}

const isText = (value: unknown): boolean => typeof value === "string";
const typeTests: Readonly<Record<ColumnType, (value: unknown) => boolean>> = {
  string: isText,
  json: isText,
  decimal: isText,
  timestamp: Number.isSafeInteger,
  int64: Number.isSafeInteger,
  int32: (value) => typeof value === "number" && (value | 0) === value,
  boolean: (value) => typeof value === "boolean",
};

/** A value as read from a file (decimals and times still INT64) as a row's value. */
export function fromPhysical(column: Column, value: PhysicalValue): CellValue {
  if (value === null || value === undefined) {
    if (!column.nullable) throw new TypeError(`column ${column.name} holds null`);
    return null;
  }
  if (typeof value !== "bigint") return value;
  if (column.type === "decimal") return formatDecimal(value);
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`column ${column.name} holds an integer beyond 2^53`);
  return number;
}
