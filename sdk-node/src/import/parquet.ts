import type { AsyncBuffer, Compressors, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import type { Row } from "./row.ts";

/** Rows that are decoded at a time. */
const sliceRows = 10_000;

/** The package that reads Parquet, installed by those who import it. */
export interface ParquetReader {
  readonly parquetMetadataAsync: typeof parquetMetadataAsync;
  readonly parquetReadObjects: typeof parquetReadObjects;
}

/** Reads the rows of a Parquet file, a slice at a time. */
export async function* readParquet(
  reader: ParquetReader,
  file: AsyncBuffer,
  compressors: Compressors,
): AsyncGenerator<Row> {
  const metadata = await reader.parquetMetadataAsync(file);
  const rows = Number(metadata.num_rows);
  for (let rowStart = 0; rowStart < rows; rowStart += sliceRows) {
    const rowEnd = Math.min(rows, rowStart + sliceRows);
    const slice = await reader.parquetReadObjects({ file, metadata, rowStart, rowEnd, compressors });
    for (const [index, cells] of slice.entries()) {
      const text = JSON.stringify(cells, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
      const present = Object.entries(cells).filter(([, cell]) => cell !== null && cell !== undefined);
      const fields = Object.fromEntries(present.map(([name, cell]) => [name, plain(cell)]));
      yield { number: rowStart + index + 1, text, fields };
    }
  }
}

/** A value as JSON has it, at any depth: whole numbers of 64 bits are numbers where a number holds them, else texts. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}
