import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { chosen, type EncodingChoices } from "./choices.ts";
import { type ColumnCells, writeColumn } from "./column-chunk.ts";
import type { CellValue, Column, Columns, RowOf } from "./column.ts";
import { rowGroupRowsMax, rowGroupTextMax } from "./limits.ts";
import { pageCells, schemaElementOf } from "./physical.ts";
import { type RowCells, rowCellsOf } from "./row-cells.ts";

/** Name and version of the writer, in every file. */
const createdBy = "sluice version 1";

/** What a file says beside its rows. */
export interface TableOptions<Table extends Columns> {
  /** Key-value metadata of the file. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Columns by which the given rows are already sorted (ascending, nulls first, text by code point), stated in the file. */
  readonly sortedBy?: readonly Table[number]["name"][];
  /** Default: those of the lake. */
  readonly choices?: EncodingChoices;
  /** A row group ends before each of these rows, so that a reader of those before reads no further. */
  readonly groupStarts?: readonly number[];
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
  const cells = turn(columns, rows as readonly Readonly<Record<string, CellValue>>[]);
  const at = Uint32Array.from({ length: rows.length }, (_, row) => row);
  const given = columns.map((column, i) => ({ column, cells: cells[i] ?? [], at }));
  return encodeColumns(given, rows.length, options);
}

/** A column on its way into a file: row `i` has the value `cells[at[i]]`. */
export interface GivenColumn {
  readonly column: Column;
  readonly cells: readonly CellValue[];
  readonly at: Uint32Array;
}

/** As {@link encodeTable}, of columns in place of rows: the same values give the same bytes. */
export function encodeColumns<const Table extends Columns>(
  given: readonly GivenColumn[],
  rowCount: number,
  options: TableOptions<Table>,
): Uint8Array<ArrayBuffer> {
  const columns = given.map(({ column }) => column);
  const checked = given.map(({ column, cells, at }) => ({ column, cells: pageCells(column, cells), at }));
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
  for (const size of rowGroupSizes(textLengths(given, rowCount), options.groupStarts ?? [])) {
    const end = start + size;
    const places = new Map<Uint32Array, RowCells>();
    const group = checked.map(({ column, cells, at }) => {
      const rows = places.get(at) ?? rowCellsOf(at.subarray(start, end), cells.length);
      places.set(at, rows);
      return { column, cells, rows };
    });
    writeRowGroup(parquet, group, size, sorting, options.choices ?? chosen);
    start = end;
  }
  void parquet.finish(); // a ByteWriter is synchronous, so there is nothing to await
  return new Uint8Array(writer.getBuffer());
}

function writeRowGroup(
  parquet: ParquetWriter,
  columns: readonly ColumnCells[],
  rowCount: number,
  sorting: readonly SortingColumn[],
  choices: EncodingChoices,
): void {
  const start = parquet.writer.offset;
  const written = columns.map((column) => writeColumn(parquet.writer as ByteWriter, column, choices));
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

/**
 * The cells of each column. Row by row, since each row's values lie together in memory: column by column, nearly every
 * access would miss its caches.
 */
function turn(
  columns: Columns,
  rows: readonly Readonly<Record<string, CellValue>>[],
): readonly (readonly CellValue[])[] {
  const cells = columns.map((): CellValue[] => []);
  const fields = columns.map(({ name }, index) => ({ name, column: cells[index] ?? [] }));
  for (const row of rows) for (const { name, column } of fields) column.push(row[name] ?? null);
  return cells;
}

/** Characters of text in each row. Of columns that share their rows' places, it is added up by cell first. */
function textLengths(given: readonly GivenColumn[], rowCount: number): Int32Array {
  const lengthsAt = new Map<Uint32Array, Int32Array>();
  for (const { cells, at } of given) {
    const lengths = lengthsAt.get(at) ?? new Int32Array(cells.length);
    lengthsAt.set(at, lengths);
    for (let cell = 0; cell < cells.length; cell++) {
      const value = cells[cell];
      if (typeof value === "string") lengths[cell] = (lengths[cell] ?? 0) + value.length;
    }
  }
  const ofRows = new Int32Array(rowCount);
  for (const [at, lengths] of lengthsAt) {
    for (let row = 0; row < rowCount; row++) ofRows[row] = (ofRows[row] ?? 0) + (lengths[at[row] ?? 0] ?? 0);
  }
  return ofRows;
}

/** Rows of each row group: cut by count and by text, so that a group of large events still fits in memory, and where asked. */
function rowGroupSizes(rowTexts: Int32Array, starts: readonly number[]): number[] {
  const isStart = new Set(starts);
  const sizes: number[] = [];
  let size = 0;
  let text = 0;
  for (const [row, rowText] of rowTexts.entries()) {
    if (size > 0 && (isStart.has(row) || size === rowGroupRowsMax || text + rowText > rowGroupTextMax)) {
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
