import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { CellValue, Columns, RowOf } from "./column.ts";
import { gzip } from "./gzip.ts";
import { rowGroupRowsMax, rowGroupTextMax } from "./limits.ts";
import { encodingElementOf, type PhysicalValue, schemaElementOf, toPhysical } from "./physical.ts";

/** Name and version of the writer, in every file. */
const createdBy = "sluice version 1";

/** What a file says beside its rows. */
export interface TableOptions<Table extends Columns> {
  /** Key-value metadata of the file. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Columns by which the given rows are already sorted (ascending, nulls first, text by code point), stated in the file. */
  readonly sortedBy?: readonly Table[number]["name"][];
}

/**
 * Encodes rows as one Parquet file: gzip pages, dictionaries where they pay, statistics except on JSON columns.
 *
 * The same rows in the same order give the same bytes. Rows are written in the order given.
 *
 * @throws TypeError when a value is not of its column's type, or null where the column allows none.
 */
export function encodeTable<const Table extends Columns>(
  columns: Table,
  rows: readonly RowOf<Table>[],
  options: TableOptions<Table> = {},
): Uint8Array<ArrayBuffer> {
  const cells = rows as readonly Readonly<Record<string, CellValue>>[];
  const writer = new ByteWriter();
  const root = { name: "row", num_children: columns.length };
  const metadata = Object.entries(options.metadata ?? {});
  const parquet = new ParquetWriter({
    writer,
    schema: [root, ...columns.map(encodingElementOf)],
    codec: "GZIP",
    compressors: { GZIP: gzip },
    kvMetadata: metadata.map(([key, value]) => ({ key, value })),
    createdBy,
  });
  if (rows.length > 0) {
    const columnData = columns.map((column) => ({
      name: column.name,
      data: cells.map((row) => toPhysical(column, row[column.name])),
      // Bounds of JSON texts find nothing, and would put whole documents into the footer.
      statistics: column.type !== "json",
    }));
    // A ByteWriter is synchronous, so there is nothing to await here and in finish().
    void parquet.write({ columnData, rowGroupSize: rowGroupSizes(textLengths(columnData, rows.length)) });
  }
  const sorting = (options.sortedBy ?? []).map((name) => sortingColumn(columns, name));
  if (sorting.length > 0) for (const group of parquet.row_groups) group.sorting_columns = sorting;
  parquet.schema = [root, ...columns.map(schemaElementOf)]; // what the footer will say
  void parquet.finish();
  return new Uint8Array(writer.getBuffer());
}

function sortingColumn(
  columns: Columns,
  name: string,
): { column_idx: number; descending: boolean; nulls_first: boolean } {
  const index = columns.findIndex((column) => column.name === name);
  if (index < 0) throw new Error(`no column ${name}`);
  return { column_idx: index, descending: false, nulls_first: true };
}

/** Characters of text in each row. By column, as the values already lie. */
function textLengths(columnData: readonly { readonly data: readonly PhysicalValue[] }[], rowCount: number): Int32Array {
  const lengths = new Int32Array(rowCount);
  for (const { data } of columnData) {
    for (let row = 0; row < rowCount; row++) {
      const value = data[row];
      if (typeof value === "string") lengths[row] = (lengths[row] ?? 0) + value.length;
    }
  }
  return lengths;
}

/** Rows of each row group: cut by count and by text, so that a group of large events still fits in memory. */
function rowGroupSizes(rowTexts: Int32Array): number[] {
  const sizes: number[] = [];
  let size = 0;
  let text = 0;
  for (const rowText of rowTexts) {
    if (size > 0 && (size === rowGroupRowsMax || text + rowText > rowGroupTextMax)) {
      sizes.push(size);
      size = 0;
      text = 0;
    }
    size += 1;
    text += rowText;
  }
  sizes.push(size);
  return sizes;
}
