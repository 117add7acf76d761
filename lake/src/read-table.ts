import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetScan, type RowGroup } from "hyparquet";
import type { CellValue, Column, Columns, RowOf } from "./column.ts";
import { gunzip } from "./gzip.ts";
import { fileBytesMax, pageBytesMax } from "./limits.ts";
import { fromPhysical, type PhysicalValue, schemaElementOf } from "./physical.ts";

/** A file to read: its bytes, or its size and a way to fetch ranges of it (`end` is exclusive). */
export type TableFile = ArrayBuffer | Uint8Array | RangeReader;

/** A file elsewhere. Pin its version (etag): ranges of two versions do not fit together. */
export interface RangeReader {
  readonly byteLength: number;
  slice(start: number, end?: number): ArrayBuffer | Promise<ArrayBuffer>;
}

/** Some columns of a table's rows. */
export type Projection<Table extends Columns, Name extends Table[number]["name"]> = Pick<
  RowOf<Table>,
  Name & keyof RowOf<Table>
>;

/**
 * Reads some columns of all rows, in file order. Columns that the file does not have (it is older) read as
 * null where they are nullable.
 *
 * @throws when the file is larger than 32 MB, corrupt, or does not fit the column table.
 */
export async function readTable<const Table extends Columns, Name extends Table[number]["name"]>(
  file: TableFile,
  columns: Table,
  names: readonly Name[],
): Promise<Projection<Table, Name>[]> {
  const rows: Projection<Table, Name>[] = [];
  for await (const group of scanTable(file, columns, names)) for (const row of group) rows.push(row);
  return rows;
}

/**
 * Reads some columns, one row group (at most 10,000 rows) after the other: memory holds one at a time, and a
 * caller that stops early reads no further.
 */
export async function* scanTable<const Table extends Columns, Name extends Table[number]["name"]>(
  file: TableFile,
  columns: Table,
  names: readonly Name[],
): AsyncGenerator<Projection<Table, Name>[]> {
  for await (const group of scanGroups(file, columns)) yield await group.read(names);
}

/** One row group of a file: what its statistics say, and its columns, each read when it is asked for. */
export interface RowGroupReader<Table extends Columns> {
  readonly rows: number;
  /** Least and greatest value of a text or timestamp column; `null` where the file does not say. Nulls are no values. */
  bounds(name: Table[number]["name"]): ColumnBounds | null;
  /** Some columns of its rows, in file order. */
  read<Name extends Table[number]["name"]>(names: readonly Name[]): Promise<Projection<Table, Name>[]>;
}

/** Bounds of a column in a row group, both inclusive: texts by code point, timestamps in ms. */
export interface ColumnBounds {
  readonly min: string | number;
  readonly max: string | number;
}

/**
 * Reads a file one row group after the other, where the caller decides for each what to read of it: a group whose bounds rule it out
 * costs nothing, and a column that is never asked for is never fetched.
 *
 * @throws when the file is larger than 32 MB, corrupt, or does not fit the column table.
 */
export async function* scanGroups<const Table extends Columns>(
  file: TableFile,
  columns: Table,
): AsyncGenerator<RowGroupReader<Table>> {
  const buffer = rangeReader(file);
  const metadata = await fileMetadata(buffer);
  const scan = await parquetScan({
    file: buffer,
    metadata: withoutDecimals(metadata),
    compressors: { GZIP: decompressed },
    parsers,
    geoparquet: false,
  });
  let start = 0;
  for (const group of metadata.row_groups) {
    const count = Number(group.num_rows);
    const range = { rowStart: start, rowEnd: start + count };
    yield {
      rows: count,
      bounds: (name) => boundsOf(group, columnNamed(columns, name)),
      read: async <Name extends Table[number]["name"]>(names: readonly Name[]) => {
        const wanted = names.map((name) => columnNamed(columns, name));
        const read = wanted
          .filter((column) => isPresent(metadata, column))
          .map(async (column) => [column.name, await scan.readColumn({ column: column.name, ...range })] as const);
        const data = new Map<string, ArrayLike<PhysicalValue>>(await Promise.all(read));
        // The mapped type and the loop over the same columns say the same thing; the compiler cannot see that.
        return rowsOf(wanted, data, count) as Projection<Table, Name>[];
      },
    };
    start += count;
  }
}

function boundsOf(group: RowGroup, column: Column): ColumnBounds | null {
  const chunk = group.columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === column.name);
  const { min_value: min, max_value: max } = chunk?.meta_data?.statistics ?? {};
  if (column.type === "string" && typeof min === "string" && typeof max === "string") {
    // A long bound is cut, and may be cut within a character: what then does not decode bounds nothing.
    return min.includes("\ufffd") || max.includes("\ufffd") ? null : { min, max };
  }
  if (column.type !== "timestamp" || typeof min !== "bigint" || typeof max !== "bigint") return null;
  return { min: Number(min), max: Number(max) };
}

/** Key-value metadata and number of rows of a file. */
export interface TableMetadata {
  readonly rows: number;
  readonly values: ReadonlyMap<string, string>;
}

/** Reads what a file says about itself, without its rows. */
export async function readTableMetadata(file: TableFile): Promise<TableMetadata> {
  const metadata = await fileMetadata(rangeReader(file));
  const pairs = (metadata.key_value_metadata ?? []).map(({ key, value }) => [key, value ?? ""] as const);
  return { rows: Number(metadata.num_rows), values: new Map(pairs) };
}

// A byte order mark is a character like any other; the library's own parser would swallow it.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

const parsers = {
  stringFromBytes: (bytes: Uint8Array): string => decoder.decode(bytes),
  jsonFromBytes: (bytes: Uint8Array): string => decoder.decode(bytes),
  timestampFromMilliseconds: (ms: bigint): bigint => ms,
};

function decompressed(bytes: Uint8Array, outputBytes: number): Uint8Array {
  if (outputBytes > pageBytesMax) throw new RangeError(`a page of ${outputBytes} bytes`);
  return gunzip(bytes, outputBytes);
}

function rangeReader(file: TableFile): AsyncBuffer {
  if (file.byteLength > fileBytesMax) throw new RangeError(`a file of ${file.byteLength} bytes`);
  if (!(file instanceof Uint8Array)) return file;
  const bytes = file;
  return {
    byteLength: bytes.byteLength,
    slice: (start, end) => Uint8Array.from(bytes.subarray(start, end)).buffer,
  };
}

async function fileMetadata(file: AsyncBuffer): Promise<FileMetaData> {
  return parquetMetadataAsync(file, { parsers, geoparquet: false });
}

function columnNamed(columns: Columns, name: string): Column {
  const column = columns.find((entry) => entry.name === name);
  if (column === undefined) throw new Error(`no column ${name}`);
  return column;
}

function isPresent(metadata: FileMetaData, column: Column): boolean {
  const element = metadata.schema.find((entry, index) => index > 0 && entry.name === column.name);
  if (element === undefined && column.nullable) return false;
  if (element?.type !== schemaElementOf(column).type) throw new Error(`the file's column ${column.name} does not fit`);
  return true;
}

/** The same metadata, decimals declared as plain integers: the library would turn them into doubles. */
function withoutDecimals(metadata: FileMetaData): FileMetaData {
  const schema = metadata.schema.map((element) => {
    if (element.type !== "INT64" || element.converted_type !== "DECIMAL") return element;
    const { converted_type: _, logical_type: __, ...plain } = element;
    return plain;
  });
  return { ...metadata, schema };
}

function rowsOf(
  wanted: Columns,
  data: ReadonlyMap<string, ArrayLike<PhysicalValue>>,
  count: number,
): Record<string, CellValue>[] {
  const rows: Record<string, CellValue>[] = Array.from({ length: count }, () => ({}));
  for (const column of wanted) {
    const values = data.get(column.name);
    if (values !== undefined && values.length !== count) throw new Error(`column ${column.name} has too few values`);
    for (const [index, row] of rows.entries()) {
      row[column.name] = values === undefined ? null : fromPhysical(column, values[index]);
    }
  }
  return rows;
}
