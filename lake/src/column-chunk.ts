import type { ColumnChunk, ColumnMetaData, OffsetIndex, Statistics } from "hyparquet";
import type { ByteWriter } from "hyparquet-writer";
import { writePageHeader } from "hyparquet-writer/src/datapage.js";
import type { EncodingChoices } from "./choices.ts";
import type { Column } from "./column.ts";
import { bitWidthOf, dictionaryOf, type Dictionary, type PageValue } from "./dictionary.ts";
import { gzip } from "./gzip.ts";
import { frontCodingPays, putFrontCoded } from "./front-coding.ts";
import { compareText } from "./order.ts";
import { PageBuffer } from "./page-buffer.ts";
import { schemaElementOf } from "./physical.ts";
import type { RowCells } from "./row-cells.ts";

/** A column of one row group, written; where it has several pages, where they begin. */
export interface WrittenColumn {
  readonly chunk: ColumnChunk;
  readonly offsetIndex?: OffsetIndex;
}

/** Bytes of a page before compression, about. */
const pageBytes = 1_048_576;
/** Booleans from this number on are told in runs. */
const runBooleansMin = 17;

const page = new PageBuffer();
const levels = new PageBuffer();

/** A column of a table: its values as pages hold them, and which of them each row has. */
export interface ColumnCells {
  readonly column: Column;
  /** Values that rows share stand here once, or as often as they came. Checked: of the column's type, null only where it may be. */
  readonly cells: readonly (PageValue | null)[];
  readonly rows: RowCells;
}

/**
 * Writes one column of a row group: a dictionary where that makes it much smaller, texts that begin like the ones before
 * them by what they add, else plain values; bounds of its values.
 */
export function writeColumn(
  writer: ByteWriter,
  { column, cells, rows }: ColumnCells,
  choices: EncodingChoices,
): WrittenColumn {
  const values = valuesOf(cells, rows.cells);
  const dictionary =
    column.type === "boolean" ? null : dictionaryOf(values, rows, sizeIn(column), choices.dictionaryGainMin);
  const start = writer.offset;
  const chunk = new Chunk(writer, column, rows.rows, choices.gzipLevel);
  const presence = presenceOf(values, rows);
  const present = dictionary === null ? presentValues(values, rows, presence) : dictionary.entries;
  if (dictionary === null) chunk.plainPages(present, presence);
  else chunk.dictionaryPages(dictionary, rows, presence);
  const bounds = choices.boundedTypes.has(column.type) ? boundsOf(column, present) : undefined;
  const nulls = BigInt(rows.rows - presence.count);
  return chunk.close(start, bounds === undefined ? undefined : { ...bounds, null_count: nulls });
}

/** The value of each slot. */
function valuesOf(cells: ColumnCells["cells"], at: Uint32Array): readonly (PageValue | null)[] {
  const values: (PageValue | null)[] = [];
  for (let slot = 0; slot < at.length; slot++) values.push(cells[at[slot] ?? 0] ?? null);
  return values;
}

/** Which rows have a value. */
interface Presence {
  readonly count: number;
  /** 1 for each row that has one; `null` where all have, or none has. */
  readonly isPresent: Uint8Array | null;
}

function presenceOf(values: readonly (PageValue | null)[], { rows, slots, counts }: RowCells): Presence {
  let count = 0;
  for (let slot = 0; slot < values.length; slot++) if (values[slot] !== null) count += counts?.[slot] ?? 1;
  if (count === 0 || count === rows) return { count, isPresent: null };
  const isPresent = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) if (values[slots?.[row] ?? row] !== null) isPresent[row] = 1;
  return { count, isPresent };
}

/** The values of the rows that have one. */
function presentValues(
  values: readonly (PageValue | null)[],
  { rows, slots }: RowCells,
  { count }: Presence,
): readonly PageValue[] {
  if (count === 0) return [];
  if (slots === null && count === rows) return values as readonly PageValue[];
  const present: PageValue[] = [];
  for (let row = 0; row < rows; row++) {
    const value = values[slots?.[row] ?? row];
    if (value !== null && value !== undefined) present.push(value);
  }
  return present;
}

/** Plain bytes of a value, texts counted by their characters. */
function sizeIn(column: Column): (value: PageValue) => number {
  const { type } = schemaElementOf(column);
  if (type === "BYTE_ARRAY") return (value) => 4 + (value as string).length;
  const bytes = type === "INT32" ? 4 : 8;
  return () => bytes;
}

function boundsOf(column: Column, values: readonly PageValue[]): Pick<Statistics, "min_value" | "max_value"> {
  const isText = column.type === "string";
  let min = values[0];
  let max = values[0];
  for (const value of values) {
    if (value === min || value === max || min === undefined || max === undefined) continue;
    if (isText ? compareText(value as string, min as string) < 0 : value < min) min = value;
    else if (isText ? compareText(value as string, max as string) > 0 : value > max) max = value;
  }
  const isInt64 = schemaElementOf(column).type === "INT64";
  const bound = (value: PageValue | undefined) => (isInt64 && value !== undefined ? BigInt(value) : value);
  return { min_value: bound(min), max_value: bound(max) } as Pick<Statistics, "min_value" | "max_value">;
}

/** The pages of one column as they are written. */
class Chunk {
  readonly #writer: ByteWriter;
  readonly #column: Column;
  readonly #rows: number;
  readonly #gzipLevel: number;
  readonly #pages: { offset: bigint; compressed_page_size: number; first_row_index: bigint }[] = [];
  #dictionaryOffset: bigint | undefined;
  #encoding: "PLAIN" | "RLE" | "RLE_DICTIONARY" | "DELTA_BYTE_ARRAY" = "PLAIN";
  #uncompressedBytes = 0;

  constructor(writer: ByteWriter, column: Column, rows: number, gzipLevel: number) {
    this.#writer = writer;
    this.#gzipLevel = gzipLevel;
    this.#column = column;
    this.#rows = rows;
  }

  dictionaryPages({ entries, entryOf }: Dictionary, { rows, slots }: RowCells, presence: Presence): void {
    this.#dictionaryOffset = BigInt(this.#writer.offset);
    this.#encoding = "RLE_DICTIONARY";
    page.clear();
    putPlain(this.#column, entries);
    const plain = page.bytes();
    const packed = gzip(plain, this.#gzipLevel);
    this.#header({
      type: "DICTIONARY_PAGE",
      uncompressed_page_size: plain.length,
      compressed_page_size: packed.length,
      dictionary_page_header: { num_values: entries.length, encoding: "PLAIN" },
    });
    this.#uncompressedBytes += plain.length;
    this.#writer.appendBytes(packed);
    const bitWidth = bitWidthOf(entries.length - 1);
    page.clear();
    page.uint8(bitWidth);
    if (entries.length === 1) page.run(0, presence.count, bitWidth);
    else page.hybrid(indexesOf(entryOf, slots, rows, presence.count), bitWidth);
    this.#dataPage(presence.isPresent, 0, rows, presence.count);
  }

  plainPages(values: readonly PageValue[], { isPresent }: Presence): void {
    const rows = this.#rows;
    if (this.#column.type === "boolean" && rows >= runBooleansMin) {
      this.#encoding = "RLE";
      levels.clear();
      levels.hybrid(Uint8Array.from(values, Number), 1);
      page.clear();
      page.int32(levels.length);
      page.append(levels.bytes());
      this.#dataPage(isPresent, 0, rows, values.length);
      return;
    }
    if (this.#column.type === "string" && frontCodingPays(values as readonly string[]))
      this.#encoding = "DELTA_BYTE_ARRAY";
    let firstRow = 0;
    let first = 0;
    if (schemaElementOf(this.#column).type === "BYTE_ARRAY") {
      let next = 0;
      let bytes = 0;
      for (let row = 0; row < rows && values.length > 0; row++) {
        const has = isPresent === null ? 1 : (isPresent[row] ?? 0);
        const size = has === 1 ? (values[next] as string).length : 0;
        bytes += size;
        if (bytes >= pageBytes && row > firstRow) {
          this.#plainPage(values.slice(first, next), isPresent, firstRow, row);
          first = next;
          firstRow = row;
          bytes = size;
        }
        next += has;
      }
    }
    this.#plainPage(first === 0 ? values : values.slice(first), isPresent, firstRow, rows);
  }

  close(start: number, statistics: Statistics | undefined): WrittenColumn {
    const { name } = this.#column;
    const [firstPage] = this.#pages;
    if (firstPage === undefined) throw new Error(`column ${name} has no page`);
    const dictionary = { page_type: "DICTIONARY_PAGE", encoding: "PLAIN", count: 1 } as const;
    const data = { page_type: "DATA_PAGE_V2", encoding: this.#encoding, count: this.#pages.length } as const;
    const metaData = {
      type: schemaElementOf(this.#column).type,
      encodings: this.#encoding === "RLE_DICTIONARY" ? ["PLAIN", "RLE_DICTIONARY"] : [this.#encoding],
      path_in_schema: [name],
      codec: "GZIP",
      num_values: BigInt(this.#rows),
      total_uncompressed_size: BigInt(this.#uncompressedBytes),
      total_compressed_size: BigInt(this.#writer.offset - start),
      data_page_offset: firstPage.offset,
      dictionary_page_offset: this.#dictionaryOffset,
      statistics,
      encoding_stats:
        statistics === undefined ? undefined : this.#dictionaryOffset === undefined ? [data] : [dictionary, data],
    };
    return {
      chunk: { file_offset: BigInt(start), meta_data: metaData as ColumnMetaData },
      ...(this.#pages.length > 1 ? { offsetIndex: { page_locations: this.#pages } } : {}),
    };
  }

  #plainPage(values: readonly PageValue[], isPresent: Uint8Array | null, firstRow: number, endRow: number): void {
    page.clear();
    if (this.#encoding === "DELTA_BYTE_ARRAY") putFrontCoded(page, values as readonly string[]);
    else putPlain(this.#column, values);
    this.#dataPage(isPresent, firstRow, endRow, values.length);
  }

  /** Writes what is in `page` as a data page of some rows. */
  #dataPage(isPresent: Uint8Array | null, firstRow: number, endRow: number, valueCount: number): void {
    const offset = this.#writer.offset;
    const rows = endRow - firstRow;
    levels.clear();
    if (this.#column.nullable) {
      if (isPresent === null) levels.run(valueCount === 0 ? 0 : 1, rows, 1);
      else levels.hybrid(isPresent.subarray(firstRow, endRow), 1);
    }
    const plain = page.bytes();
    const packed = gzip(plain, this.#gzipLevel);
    this.#header({
      type: "DATA_PAGE_V2",
      uncompressed_page_size: levels.length + plain.length,
      compressed_page_size: levels.length + packed.length,
      data_page_header_v2: {
        num_values: rows,
        num_nulls: rows - valueCount,
        num_rows: rows,
        encoding: this.#encoding,
        definition_levels_byte_length: levels.length,
        repetition_levels_byte_length: 0,
        is_compressed: true,
      },
    });
    this.#writer.appendBytes(levels.bytes());
    this.#writer.appendBytes(packed);
    this.#uncompressedBytes += levels.length + plain.length;
    this.#pages.push({
      offset: BigInt(offset),
      compressed_page_size: this.#writer.offset - offset,
      first_row_index: BigInt(firstRow),
    });
  }

  #header(header: Parameters<typeof writePageHeader>[1]): void {
    const before = this.#writer.offset;
    writePageHeader(this.#writer, header);
    this.#uncompressedBytes += this.#writer.offset - before;
  }
}

/** Of each row that has a value, the index of its entry. */
function indexesOf(entryOf: Int32Array, slots: Uint32Array | null, rows: number, count: number): Int32Array {
  if (slots === null && count === rows) return entryOf;
  const indexes = new Int32Array(count);
  let next = 0;
  for (let row = 0; row < rows; row++) {
    const entry = entryOf[slots === null ? row : (slots[row] ?? 0)] ?? -1;
    if (entry >= 0) indexes[next++] = entry;
  }
  return indexes;
}

/** Appends values to `page` in Parquet's plain encoding. */
function putPlain(column: Column, values: readonly PageValue[]): void {
  switch (column.type) {
    case "string":
    case "json":
      for (const value of values) page.text(value as string);
      return;
    case "timestamp":
    case "int64":
      for (const value of values) page.int64(value as number);
      return;
    case "decimal":
      for (const value of values) page.bigInt64(value as bigint);
      return;
    case "int32":
      for (const value of values) page.int32(value as number);
      return;
    case "boolean":
      for (let at = 0; at < values.length; at += 8) {
        let bits = 0;
        for (let bit = 0; bit < 8; bit++) bits |= Number(values[at + bit] === true) << bit;
        page.uint8(bits);
      }
  }
}
