import { parquetMetadata, parquetReadObjects } from "hyparquet";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyRow, similarTexts } from "../testing/fixtures.ts";
import type { Columns, RowOf } from "./column.ts";
import { gunzip, gzip } from "./gzip.ts";
import { fileBytesMax, rowGroupRowsMax, rowGroupTextMax } from "./limits.ts";
import { readTable, readTableMetadata, scanTable } from "./read-table.ts";
import { encodeTable } from "./write-table.ts";

const columns = [
  { name: "user", type: "string", nullable: false, about: "" },
  { name: "note", type: "string", nullable: true, about: "" },
  { name: "body", type: "json", nullable: true, about: "" },
  { name: "at", type: "timestamp", nullable: false, about: "" },
  { name: "seen", type: "timestamp", nullable: true, about: "" },
  { name: "paid", type: "boolean", nullable: true, about: "" },
  { name: "small", type: "int32", nullable: true, about: "" },
  { name: "count", type: "int64", nullable: false, about: "" },
  { name: "total", type: "decimal", nullable: true, about: "" },
] as const;
type TestRow = RowOf<typeof columns>;
const names = columns.map((column) => column.name);

const plain: TestRow = {
  user: "u",
  note: null,
  body: '{"a":1}',
  at: 5,
  seen: null,
  paid: true,
  small: -1,
  count: 7,
  total: "14.990000",
};

function manyRows(count: number): TestRow[] {
  return Array.from({ length: count }, (_, index) => ({ ...plain, user: `user ${index}`, count: index }));
}

test("L20: rows of any values survive their file", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyRow(columns), { maxLength: 40 }), async (rows) => {
      const file = encodeTable(columns, rows);
      expect(await readTable(file, columns, names)).toEqual(rows);
    }),
    { numRuns: 60 },
  );
});

test("L20: repeated values, which files keep in dictionaries, survive too", async () => {
  const values = fc.array(anyRow(columns), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(values, async (distinct) => {
      const rows = Array.from({ length: 60 }, (_, index) => distinct[index % distinct.length] as TestRow);
      expect(await readTable(encodeTable(columns, rows), columns, names)).toEqual(rows);
    }),
    { numRuns: 20 },
  );
});

test("L54: texts that begin like the ones before them are kept by what each adds, and read as they were", async () => {
  const texts = similarTexts(2500);
  const rows = texts.map((user, i): TestRow => ({
    ...plain,
    user,
    note: i % 3 === 0 ? null : user,
    body: `{"a":${i}}`,
  }));
  const file = encodeTable(columns, rows);
  const chunks = parquetMetadata(file).row_groups[0]?.columns ?? [];
  expect(chunks.map(({ meta_data: data }) => data?.encodings.join()).slice(0, 3)).toEqual([
    "DELTA_BYTE_ARRAY",
    "DELTA_BYTE_ARRAY",
    "PLAIN",
  ]);
  expect(await readTable(file, columns, names)).toEqual(rows);
  expect(file.length).toBeLessThan(0.8 * encodeTable(columns, shuffled(rows)).length);
});

test("L54: so are those that fill several pages", async () => {
  const rows = similarTexts(300).map((user): TestRow => ({ ...plain, user: user + "é".repeat(6000) + user }));
  const file = encodeTable(columns, rows);
  expect(parquetMetadata(file).row_groups[0]?.columns[0]?.meta_data?.encoding_stats?.[0]?.count).toBeGreaterThan(1);
  expect(await readTable(file, columns, names)).toEqual(rows);
});

test("L55: pages of any bytes come back, searched for repetitions or not, small ones that were seen before too", () => {
  const random = (size: number): Uint8Array => {
    let state = 1;
    return Uint8Array.from({ length: size }, () => (state = (state * 48_271) % 2_147_483_647) & 31);
  };
  for (const size of [0, 1, 63, 64, 65, 8192, 65_535, 65_536, 200_000]) {
    for (const bytes of [random(size), new Uint8Array(size).fill(7), random(size).fill(9, size >> 2, size >> 1)]) {
      const packed = gzip(bytes, 5);
      expect(gunzip(packed, size)).toEqual(Buffer.from(bytes));
      expect(gzip(Uint8Array.from(bytes), 5)).toEqual(packed);
      expect(packed[9]).toBe(255);
    }
  }
  expect(gzip(random(200_000), 5).length).toBeLessThan(0.65 * 200_000); // five of eight bits
  expect(gzip(new Uint8Array(50).fill(1), 9)[8]).not.toBe(gzip(new Uint8Array(50).fill(1), 1)[8]); // of another level
});

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items.map((_, i) => items[(i * 1733) % items.length] as Item);
}

test("L20: another reader sees the same rows, in the types that Parquet declares", async () => {
  const [row] = await parquetReadObjects({ file: encodeTable(columns, [plain]).buffer, compressors: { GZIP: gunzip } });
  const { total, ...others } = row ?? {};
  expect(others).toEqual({ ...others, user: "u", note: null, body: { a: 1 }, at: new Date(5), count: 7n, small: -1 });
  expect(total).toBeCloseTo(14.99, 10); // that reader makes doubles of decimals
});

test("L20: a value that does not fit its column is refused, not bent", () => {
  const wrong: Record<string, unknown>[] = [
    { user: null },
    { user: 5 },
    { count: 1.5 },
    { count: 2 ** 53 },
    { count: "7" },
    { small: 2 ** 31 },
    { at: Number.NaN },
    { total: "1e3" },
    { total: "1234567890123.000000" },
    { paid: "true" },
  ];
  for (const part of wrong) {
    expect(() => encodeTable(columns, [{ ...plain, ...part } as TestRow]), JSON.stringify(part)).toThrow(
      /^column |not a decimal/,
    );
  }
});

describe("layout", () => {
  test("L21: row groups hold at most 10,000 rows", async () => {
    const rows = manyRows(2 * rowGroupRowsMax + 5);
    const file = encodeTable(columns, rows);
    const sizes = parquetMetadata(file).row_groups.map((group) => Number(group.num_rows));
    expect(sizes).toEqual([rowGroupRowsMax, rowGroupRowsMax, 5]);
    expect(await readTable(file, columns, ["count"])).toEqual(rows.map(({ count }) => ({ count })));
  });

  test("L21: row groups hold at most 16 MiB of text, whatever their rows", async () => {
    const note = "x".repeat(rowGroupTextMax / 4);
    const rows = Array.from({ length: 9 }, () => ({ ...plain, note }));
    const file = encodeTable(columns, rows);
    const sizes = parquetMetadata(file).row_groups.map((group) => Number(group.num_rows));
    expect(sizes).toEqual([3, 3, 3]);
    expect((await readTable(file, columns, ["note"])).every((row) => row.note === note)).toBe(true);
  });

  test("L21: statistics state the bounds of columns, but not of JSON", () => {
    const [group] = parquetMetadata(encodeTable(columns, manyRows(3))).row_groups;
    const statistics = new Map(
      group?.columns.map(({ meta_data: data }) => [data?.path_in_schema[0], data?.statistics]),
    );
    expect(statistics.get("user")).toMatchObject({ min_value: "user 0", max_value: "user 2" });
    expect(statistics.get("count")).toMatchObject({ min_value: 0n, max_value: 2n, null_count: 0n });
    expect(statistics.get("body")).toBeUndefined();
  });

  test("L21: a file states its metadata and by what it is sorted", async () => {
    const file = encodeTable(columns, [plain], { metadata: { a: "1", b: "" }, sortedBy: ["user", "at"] });
    expect(await readTableMetadata(file)).toEqual({ rows: 1, values: new Map(Object.entries({ a: "1", b: "" })) });
    const [group] = parquetMetadata(file).row_groups;
    expect(group?.sorting_columns).toEqual([
      { column_idx: 0, descending: false, nulls_first: true },
      { column_idx: 3, descending: false, nulls_first: true },
    ]);
  });

  test("L21: a file of no rows is a file", async () => {
    const file = encodeTable(columns, [], { metadata: { a: "1" } });
    expect(await readTable(file, columns, names)).toEqual([]);
    expect((await readTableMetadata(file)).rows).toBe(0);
  });
});

describe("reading", () => {
  test("L22: a projection fetches only the ranges it needs", async () => {
    const rows = manyRows(30_000).map((row, index) => ({
      ...row,
      body: JSON.stringify({ index, text: "y".repeat(50) }),
    }));
    const bytes = encodeTable(columns, rows);
    let fetched = 0;
    const file = {
      byteLength: bytes.byteLength,
      slice: async (start: number, end: number = bytes.byteLength): Promise<ArrayBuffer> => {
        fetched += end - start;
        return bytes.buffer.slice(start, end);
      },
    };
    expect(await readTable(file, columns, ["paid"])).toHaveLength(rows.length);
    const footer = Math.min(bytes.byteLength, 512 * 1024);
    expect(fetched - footer).toBeLessThan(bytes.byteLength / 100);
  });

  test("L22: a scan gives one row group at a time and stops where its reader stops", async () => {
    const bytes = encodeTable(columns, manyRows(25_000));
    const starts: number[] = [];
    const file = {
      byteLength: bytes.byteLength,
      slice: (start: number, end: number = bytes.byteLength): ArrayBuffer => {
        starts.push(start);
        return bytes.buffer.slice(start, end);
      },
    };
    for await (const group of scanTable(file, columns, ["user"])) {
      expect(group).toHaveLength(rowGroupRowsMax);
      break;
    }
    const [, second] = parquetMetadata(bytes).row_groups;
    const secondStart = Number(second?.columns[0]?.meta_data?.data_page_offset);
    expect(starts.slice(1).every((start) => start < secondStart)).toBe(true);
  });

  test("L22: a view into a larger buffer reads as the file it is", async () => {
    const bytes = encodeTable(columns, [plain]);
    const larger = new Uint8Array(bytes.length + 20);
    larger.set(bytes, 7);
    expect(await readTable(larger.subarray(7, 7 + bytes.length), columns, names)).toEqual([plain]);
    expect(await readTable(bytes.buffer, columns, names)).toEqual([plain]);
  });

  test("L22: a nullable column that an older file lacks reads as null; another is an error", async () => {
    const older = columns.filter(({ name }) => name !== "note");
    const file = encodeTable<Columns>(older, [plain]);
    expect(await readTable(file, columns, ["note", "user"])).toEqual([{ note: null, user: "u" }]);
    expect(await readTable(file, columns, ["note"])).toEqual([{ note: null }]);
    const foreign = encodeTable<Columns>(columns.slice(1), [plain]);
    await expect(readTable(foreign, columns, ["user"])).rejects.toThrow(/user does not fit/);
    const retyped = encodeTable([{ name: "user", type: "int64", nullable: false, about: "" }], [{ user: 5 }]);
    await expect(readTable(retyped, columns, ["user"])).rejects.toThrow(/user does not fit/);
  });

  test("L23: a file over 32 MB, a corrupt one and a page over its stated size are refused", async () => {
    const file = { byteLength: fileBytesMax + 1, slice: () => new ArrayBuffer(0) };
    await expect(readTable(file, columns, names)).rejects.toThrow(/a file of/);
    await expect(readTable(new Uint8Array(100), columns, names)).rejects.toThrow(/PAR1/);
    const cut = encodeTable(columns, [plain]).subarray(0, -9);
    await expect(readTable(cut, columns, names)).rejects.toThrow(/PAR1/);
    expect(() => gunzip(gzip(new Uint8Array(1_000_000), 5), 1000)).toThrow(/larger than/);
    expect(() => gunzip(gzip(new Uint8Array(1001), 5), 1000)).toThrow(/stated as 1000/);
    expect(() => gunzip(gzip(new Uint8Array(999), 5), 1000)).toThrow(/stated as 1000/);
  });

  test("L23: a file cut anywhere is refused", async () => {
    const whole = encodeTable(columns, manyRows(5));
    for (let length = 0; length < whole.length; length++) {
      await expect(readTable(whole.subarray(0, length), columns, names)).rejects.toThrow(/parquet|bounds/);
    }
  });
});

test("L24: pages are gzip that names no platform", () => {
  const packed = gzip(new Uint8Array([1, 2, 3]), 5);
  expect([...packed.subarray(0, 3), packed[9]]).toEqual([0x1f, 0x8b, 8, 255]);
  expect(gunzip(packed, 3)).toEqual(Buffer.from([1, 2, 3]));
});
