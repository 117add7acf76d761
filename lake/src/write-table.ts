import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { writeColumn } from "./column-chunk.ts";
import type { CellValue, Column, Columns, RowOf } from "./column.ts";
import { rowGroupRowsMax, rowGroupTextMax } from "./limits.ts";
import { schemaElementOf } from "./physical.ts";

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
  const { cells, textLengths } = turn(columns, rows as readonly Readonly<Record<string, CellValue>>[]);
  const writer = new ByteWriter();
  const metadata = Object.entries(options.metadata ?? {});
  // The library writes the file's frame; the columns, which are nearly all of the work, are written by column-chunk.ts.
  const parquet = new ParquetWriter({
    writer,
    schema: [{ name: "row", num_children: columns.length }, ...columns.map(schemaElementOf)],
    kvMetadata: metadata.map(([key, value]) => ({ key, value })),
    createdBy,
  });
  const sorting = (options.sortedBy ?? []).map((name) => sortingColumn(columns, name));
  let start = 0;
  for (const size of rowGroupSizes(textLengths)) {
    const end = start + size;
    const group = columns.map((column, i) => ({ column, cells: cells[i]?.slice(start, end) ?? [] }));
    writeRowGroup(parquet, group, size, sorting);
    start = end;
  }
  void parquet.finish(); // a ByteWriter is synchronous, so there is nothing to await
  return new Uint8Array(writer.getBuffer());
}

function writeRowGroup(
  parquet: ParquetWriter,
  columns: readonly { readonly column: Column; readonly cells: readonly CellValue[] }[],
  rowCount: number,
  sorting: readonly SortingColumn[],
): void {
  const start = parquet.writer.offset;
  const written = columns.map(({ column, cells }) => writeColumn(parquet.writer as ByteWriter, column, cells));
  parquet.num_rows += BigInt(rowCount);
  parquet.pendingIndexes.push(...written);
  parquet.row_groups.push({
    columns: written.map(({ chunk }) => chunk),
    total_byte_size: written.reduce((sum, { chunk }) => sum + (chunk.meta_data?.total_uncompressed_size ?? 0n), 0n),
    num_rows: BigInt(rowCount),
    total_compressed_size: BigInt(parquet.writer.offset - start),
    ...(sorting.length > 0 ? { sorting_columns: [...sorting] } : {}),
  });
}

interface SortingColumn {
  readonly column_idx: number;
  readonly descending: boolean;
  readonly nulls_first: boolean;
}

function sortingColumn(columns: Columns, name: string): SortingColumn {
  const index = columns.findIndex((column) => column.name === name);
  if (index < 0) throw new Error(`no column ${name}`);
  return { column_idx: index, descending: false, nulls_first: true };
}

/** Rows turned into columns. */
interface Turned {
  /** Cells of each column, row by row. */
  readonly cells: readonly (readonly CellValue[])[];
  /** Characters of text in each row. */
  readonly textLengths: Int32Array;
}

/** Row by row, since each row's values lie together in memory: column by column, nearly every access would miss its caches. */
function turn(columns: Columns, rows: readonly Readonly<Record<string, CellValue>>[]): Turned {
  const cells = columns.map((): CellValue[] => []);
  const fields = columns.map(({ name }, index) => ({ name, column: cells[index] ?? [] }));
  const textLengths = new Int32Array(rows.length);
  let i = 0;
  for (const row of rows) {
    let length = 0;
    for (const { name, column } of fields) {
      const value = row[name] ?? null;
      column.push(value);
      if (typeof value === "string") length += value.length;
    }
    textLengths[i++] = length;
  }
  return { cells, textLengths };
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
  if (size > 0) sizes.push(size);
  return sizes;
}
