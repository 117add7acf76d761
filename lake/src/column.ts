/*
 * What a typed column is, for every Parquet file Sluice writes: the lake's two datasets and the marts.
 */

/** Logical types of columns; the Parquet form of each is in physical.ts. */
export type ColumnType = "string" | "json" | "timestamp" | "boolean" | "int32" | "int64" | "decimal";

/** One column of a table. The table of columns is the only place that names them. */
export interface Column {
  /** Name in the file and in rows; lower case, words joined by `_`. */
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
  /** What it holds: a sentence without full stop, for FORMAT.md. */
  readonly about: string;
}

/** A table of columns, in file order. */
export type Columns = readonly Column[];

/** The values of each column type in rows. */
interface ValueOfType {
  readonly string: string;
  /** JSON as text. */
  readonly json: string;
  /** Milliseconds since 1970, UTC; an integer. */
  readonly timestamp: number;
  readonly boolean: boolean;
  readonly int32: number;
  /** A safe integer. */
  readonly int64: number;
  /** A decimal with six fraction digits as text: `"14.990000"`. */
  readonly decimal: string;
}

/** The row type of a table: one field per column, `null` only where the column allows it. */
export type RowOf<Table extends Columns> = {
  readonly [Entry in Table[number] as Entry["name"]]: Entry["nullable"] extends false
    ? ValueOfType[Entry["type"]]
    : ValueOfType[Entry["type"]] | null;
};

/** Any value of a row. */
export type CellValue = string | number | boolean | null;
