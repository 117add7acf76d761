import { readFileSync } from "node:fs";
import { type FileMetaData, parquetMetadata } from "hyparquet";
import { describe, expect, test } from "vitest";
import { goldenRows } from "../testing/golden-rows.ts";
import { eventColumns, rejectedColumns } from "./columns.ts";
import { encodeEvents, encodeRejected } from "./encode.ts";
import { compareRejectedRows, compareRows } from "./order.ts";
import { readMeta, readRejected, readRows } from "./read.ts";

/*
 * The golden files are what format version 1 is: written once, never again. Whoever changes the writer so
 * that these tests fail has made another format. `events-1` has a row for each shape of event,
 * `events-1-dictionaries` so many rows that columns have dictionaries.
 */
function golden(name: string): Uint8Array {
  return readFileSync(new URL(`../golden/${name}`, import.meta.url));
}

const source = { birthId: "01KAG2X9YM00000000000000ZZ", logSequence: 17 };
const firstEvents = goldenRows(eventColumns, golden("events-1.jsonl"));
const events = goldenRows(eventColumns, golden("events-1-dictionaries.jsonl"));
const rejected = goldenRows(rejectedColumns, golden("rejected-1.jsonl"));

/**
 * A footer without what the version of the platform's zlib decides (sizes and offsets of compressed pages), of the first
 * `columns` columns: what version 1 has added since stands behind them.
 */
function layoutOf(file: Uint8Array, columns: number): unknown {
  const { schema: whole, num_rows, key_value_metadata, created_by, row_groups }: FileMetaData = parquetMetadata(file);
  const schema = whole.slice(1, columns + 1);
  const groups = row_groups.map((group) => ({
    rows: group.num_rows,
    sorting: group.sorting_columns,
    columns: group.columns.slice(0, columns).map(({ meta_data: data }) => ({
      path: data?.path_in_schema,
      type: data?.type,
      codec: data?.codec,
      encodings: data?.encodings,
      values: data?.num_values,
      bytes: data?.total_uncompressed_size,
      statistics: data?.statistics,
    })),
  }));
  return { schema, num_rows, key_value_metadata, created_by, groups };
}

describe.each([
  { name: "events-1", dataset: "events", rows: firstEvents.length, encode: () => encodeEvents(firstEvents, source) },
  { name: "events-1-dictionaries", dataset: "events", rows: events.length, encode: () => encodeEvents(events, source) },
  { name: "rejected-1", dataset: "rejected", rows: rejected.length, encode: () => encodeRejected(rejected, source) },
])("$name", ({ name, dataset, rows, encode }) => {
  test("L27: the golden file of format version 1 says what it is", async () => {
    expect(await readMeta(golden(`${name}.parquet`))).toEqual({ format: 1, dataset, ...source, rows });
  });

  test("L27: its rows, encoded now, give a file of the same layout", () => {
    const file = golden(`${name}.parquet`);
    const columns = parquetMetadata(file).schema.length - 1;
    expect(layoutOf(encode(), columns)).toEqual(layoutOf(file, columns));
  });
});

test("L27: the golden files of format version 1 read as the rows they were made of", async () => {
  const eventNames = eventColumns.map((column) => column.name);
  expect(await readRows(golden("events-1.parquet"), eventNames)).toEqual(firstEvents.toSorted(compareRows));
  expect(await readRows(golden("events-1-dictionaries.parquet"), eventNames)).toEqual(events.toSorted(compareRows));
  const rejectedNames = rejectedColumns.map((column) => column.name);
  const read = await readRejected(golden("rejected-1.parquet"), rejectedNames);
  expect(read).toEqual(rejected.toSorted(compareRejectedRows));
});

test("L27: a golden file is made of every column, with dictionaries and without", () => {
  const [group] = parquetMetadata(golden("events-1-dictionaries.parquet")).row_groups;
  const chunks = group?.columns.map(({ meta_data: data }) => data) ?? [];
  expect(chunks.map((data) => data?.path_in_schema[0])).toEqual(eventColumns.map(({ name }) => name));
  for (const { name } of eventColumns)
    expect(
      events.some((row) => row[name] !== null),
      name,
    ).toBe(true);
  const encodings = new Set(chunks.map((data) => data?.encodings.join()));
  expect([...encodings].sort()).toEqual(["PLAIN", "PLAIN,RLE_DICTIONARY", "RLE"]);
});

test("L27: what is read from a golden file, encoded now, reads the same again", async () => {
  const names = eventColumns.map((column) => column.name);
  const rows = await readRows(golden("events-1-dictionaries.parquet"), names);
  expect(encodeEvents(rows, source)).toEqual(encodeEvents(events, source));
});
