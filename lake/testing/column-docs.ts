import type { Columns, ColumnType } from "../src/column.ts";

const parquetForms: Readonly<Record<ColumnType, string>> = {
  string: "BYTE_ARRAY, UTF8",
  json: "BYTE_ARRAY, JSON",
  timestamp: "INT64, TIMESTAMP_MILLIS",
  boolean: "BOOLEAN",
  int32: "INT32",
  int64: "INT64",
  decimal: "INT64, DECIMAL(18,6)",
};

/** The Markdown table of a column table, as it stands in FORMAT.md. */
export function markdownOf(columns: Columns): string {
  const rows = columns.map(
    ({ name, type, nullable, about }) =>
      `| \`${name}\` | ${type} | ${parquetForms[type]} | ${nullable ? "yes" : "no"} | ${about} |`,
  );
  return ["| column | type | in Parquet | null | what it holds |", "| --- | --- | --- | --- | --- |", ...rows].join(
    "\n",
  );
}
