import { readFileSync } from "node:fs";
import fc from "fast-check";
import { readParquet, writeParquet, WriterPropertiesBuilder, Compression } from "parquet-wasm/node";
import { expect, test } from "vitest";
import { anyRow, receiptOf, similarTexts, trackOf } from "../testing/fixtures.ts";
import type { Columns } from "./column.ts";
import { eventColumns, rejectedColumns } from "./columns.ts";
import { encodeEvents, encodeRejected } from "./encode.ts";
import { compareRejectedRows, compareRows } from "./order.ts";
import { readTable } from "./read-table.ts";
import { rowOf } from "./row.ts";

/*
 * A reader that shares no code with this package or its libraries: Arrow's, in Rust. What it has read it writes again, so
 * that its values can be compared without its memory format.
 */
const source = { birthId: "b", logSequence: 1 };
const asGzip = () => new WriterPropertiesBuilder().setCompression(Compression.GZIP).build();

function throughArrow(file: Uint8Array): Uint8Array {
  return writeParquet(readParquet(file), asGzip());
}

async function rowsOf<const Table extends Columns>(file: Uint8Array, columns: Table): Promise<readonly unknown[]> {
  return readTable(
    file,
    columns,
    columns.map(({ name }) => name),
  );
}

test("L51: Arrow reads every value of any rows as it was written", async () => {
  const events = fc.array(anyRow(eventColumns), { minLength: 1, maxLength: 30 });
  const rejected = fc.array(anyRow(rejectedColumns), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(events, rejected, async (some, others) => {
      const read = await rowsOf(throughArrow(encodeEvents(some, source)), eventColumns);
      expect(read).toEqual(some.toSorted(compareRows));
      const readRejects = await rowsOf(throughArrow(encodeRejected(others, source)), rejectedColumns);
      expect(readRejects).toEqual(others.toSorted(compareRejectedRows));
    }),
    { numRuns: 30 },
  );
});

test("L54: Arrow reads texts of which a file keeps what each adds", async () => {
  const rows = similarTexts(900).map((id, index) =>
    rowOf(trackOf({ userId: id }), receiptOf({ receiptId: id }), index),
  );
  const read = await rowsOf(throughArrow(encodeEvents(rows, source)), eventColumns);
  expect(read).toEqual(rows.toSorted(compareRows));
});

test("L51: Arrow reads the golden files as we do", async () => {
  for (const [name, columns] of [
    ["events-1", eventColumns],
    ["events-1-dictionaries", eventColumns],
    ["rejected-1", rejectedColumns],
  ] as const) {
    const file = readFileSync(new URL(`../golden/${name}.parquet`, import.meta.url));
    expect(await rowsOf(throughArrow(file), columns), name).toEqual(await rowsOf(file, columns));
  }
});
