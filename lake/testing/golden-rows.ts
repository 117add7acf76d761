import { blankRow } from "../src/blank-row.ts";
import type { CellValue, Columns, RowOf } from "../src/column.ts";

/** The rows beside a golden file: a line each, a JSON array of values in the order of the table; columns added since are null. */
export function goldenRows<const Table extends Columns>(columns: Table, file: Uint8Array): readonly RowOf<Table>[] {
  const lines = new TextDecoder().decode(file).trimEnd().split("\n");
  return lines.map((line) => {
    const row: Record<string, CellValue> = { ...blankRow(columns) };
    (JSON.parse(line) as CellValue[]).forEach((value, index) => {
      const column = columns[index];
      if (column === undefined) throw new Error("a golden row has more values than columns");
      row[column.name] = value;
    });
    return row as RowOf<Table>;
  });
}
