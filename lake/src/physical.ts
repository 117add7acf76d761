import type { SchemaElement } from "hyparquet";
import type { CellValue, Column } from "./column.ts";
import { decimalPrecision, decimalScale, formatDecimal, scaledOf } from "./decimal.ts";

/** Values as the Parquet library takes and gives them. */
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
 * The schema to encode a column's pages by: that of the column, but JSON declared as plain text, since the
 * library would quote our JSON text once more. The bytes are the same.
 */
export function encodingElementOf(column: Column): SchemaElement {
  return schemaElementOf(column.type === "json" ? { ...column, type: "string" } : column);
}

/** A row's value as the library writes it. Throws when it is not of the column's type. */
export function toPhysical(column: Column, value: CellValue | undefined): PhysicalValue {
  if (value === null || value === undefined) {
    if (!column.nullable) throw new TypeError(`column ${column.name} must not be null`);
    return null;
  }
  switch (column.type) {
    case "string":
    case "json":
      if (typeof value === "string") return value;
      break;
    case "decimal":
      if (typeof value === "string") return scaledOf(value);
      break;
    case "timestamp":
    case "int64":
      if (Number.isSafeInteger(value)) return BigInt(value);
      break;
    case "int32":
      if (typeof value === "number" && (value | 0) === value) return value;
      break;
    case "boolean":
      if (typeof value === "boolean") return value;
      break;
  }
  throw new TypeError(`column ${column.name} takes no such ${typeof value}`);
}

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
