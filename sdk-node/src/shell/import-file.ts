import { createHash } from "node:crypto";
import {
  closeSync,
  createReadStream,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import * as zlib from "node:zlib";
import { readCsv } from "../import/csv.ts";
import type { ImportArguments } from "../import/arguments.ts";
import type { FileHead } from "../import/checkpoint.ts";
import { readNdjson } from "../import/ndjson.ts";
import { readParquet } from "../import/parquet.ts";
import type { Row } from "../import/row.ts";

/** Node has it from 22.15 on. */
const isZstdKnown = "zstdDecompressSync" in zlib;

const headBytesMax = 64 * 1024;

/** A file that is being read. */
export interface ImportFile {
  readonly rows: AsyncIterable<Row>;
  /** How much of it was read when so many rows were, from 0 to 1. */
  readonly share: (rows: number) => number;
}

/** Opens a file in its format. Throws when it cannot be read, or is Parquet and hyparquet is not installed. */
export async function openImportFile(given: ImportArguments): Promise<ImportFile> {
  if (given.format === "parquet") return openParquet(given.file);
  const bytes = statSync(given.file).size;
  const stream = createReadStream(given.file);
  const text = textOf(given.isGzip ? stream.pipe(zlib.createGunzip()) : stream, given.encoding);
  stream.on("error", () => undefined); // the iteration below throws it
  const rows = given.format === "csv" ? readCsv(text, given.delimiter) : readNdjson(text);
  return { rows, share: () => (bytes === 0 ? 1 : stream.bytesRead / bytes) };
}

/**
 * What a file is known again by: a hash of its first bytes, so that appending to it changes nothing. Parquet is never
 * appended to, and the end of it says what is in it, so that is part of the hash.
 *
 * @param bytes how many first bytes; those that an earlier run has looked at, else at most 64 KiB.
 */
export function headOf({ file: path, format }: ImportArguments, bytes: number | null): FileHead {
  const { size } = statSync(path);
  const length = Math.min(size, bytes ?? headBytesMax, headBytesMax);
  const head = readPart(path, 0, length);
  const tail = format === "parquet" ? readPart(path, Math.max(0, size - headBytesMax), headBytesMax) : "";
  return { bytes: length, hash: createHash("sha256").update(head).update(tail).digest("hex") };
}

/**
 * A hash of where a file goes and how its rows are read. The key's own words are not part of it, so that a key may be replaced in the
 * middle of an import.
 */
export function courseOf({ host, writeKey, format, delimiter, encoding, rules }: ImportArguments): string {
  const source = writeKey.split(".").slice(0, 2);
  const course = [host.replace(/\/+$/, ""), source, format, delimiter, encoding, { ...rules, names: [...rules.names] }];
  return createHash("sha256").update(JSON.stringify(course)).digest("hex");
}

function readPart(path: string, position: number, length: number): Buffer {
  const part = Buffer.alloc(length);
  const file = openSync(path, "r");
  try {
    return part.subarray(0, readSync(file, part, 0, length, position));
  } finally {
    closeSync(file);
  }
}

export function readIfThere(path: string): string | null {
  return existsSync(path) ? readFileSync(path, "utf8") : null;
}

/** Replaces a file as a whole: whoever reads it finds the old or the new text. */
export function writeAtomically(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

async function* textOf(stream: AsyncIterable<unknown>, encoding: string): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of stream) yield decoder.decode(chunk as Uint8Array, { stream: true });
  yield decoder.decode();
}

async function openParquet(path: string): Promise<ImportFile> {
  const reader = await import("hyparquet").catch(() => {
    throw new Error("Parquet is read by the package hyparquet, which is not installed: npm install hyparquet");
  });
  const file = await reader.asyncBufferFromFile(path);
  const rows = Number((await reader.parquetMetadataAsync(file)).num_rows);
  const compressors = {
    GZIP: (input: Uint8Array) => zlib.gunzipSync(input),
    BROTLI: (input: Uint8Array) => zlib.brotliDecompressSync(input),
    ...(isZstdKnown && { ZSTD: (input: Uint8Array) => zlib.zstdDecompressSync(input) }),
  };
  return { rows: readParquet(reader, file, compressors), share: (read) => (rows === 0 ? 1 : read / rows) };
}
