import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { anyRow, receiptOf, receivedAtMs, similarTexts, trackOf } from "../testing/fixtures.ts";
import { eventColumns, rejectedColumns, type Row } from "./columns.ts";
import { encodeEvents, encodeRejected } from "./encode.ts";
import { compareRows } from "./order.ts";
import { partKey } from "./paths.ts";
import { rejectedRowOf } from "./rejected-row.ts";
import { rowOf } from "./row.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-lake-"));
const source = { birthId: "b", logSequence: 1 };
let query: (sql: string) => Promise<readonly Record<string, unknown>[]>;

const sqlTypes = {
  string: "VARCHAR",
  json: "JSON",
  timestamp: "TIMESTAMP",
  boolean: "BOOLEAN",
  int32: "INTEGER",
  int64: "BIGINT",
  decimal: "DECIMAL(18,6)",
} as const;

/** The lake as FORMAT.md says to read it. */
function lake(dataset: "events" | "rejected"): string {
  const types = "{'project': VARCHAR, 'dt': DATE, 'hour': BIGINT}";
  return `read_parquet('${folder}/${dataset}/*/*/*/*.parquet', hive_partitioning = true, hive_types = ${types})`;
}

function write(key: string, bytes: Uint8Array): void {
  const path = join(folder, key);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

beforeAll(async () => {
  const connection = await (await DuckDBInstance.create()).connect();
  // A machine's time zone must not move an event to another day.
  await connection.run("SET TimeZone = 'America/New_York'");
  query = async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson();

  const hours = [Date.UTC(2026, 10, 20, 7), Date.UTC(2026, 10, 20, 23)];
  for (const hourMs of hours) {
    const events = [0.1, 0.2].map((revenue, index) =>
      rowOf(
        trackOf({ timestamp: new Date(hourMs + 1).toISOString(), properties: { revenue, name: "ü\ud800" } }),
        receiptOf({ receivedAtMs: hourMs + 5 }),
        index,
      ),
    );
    write(partKey({ dataset: "events", project: "shop", hourMs, shard: 0, part: 0 }), encodeEvents(events, source));
  }
  const rejection = { index: 3, reason: "not_an_object", field: "", message: "No." } as const;
  const rejected = encodeRejected([rejectedRowOf([1], receiptOf(), rejection)], source);
  const hourMs = receivedAtMs - (receivedAtMs % 3_600_000);
  write(partKey({ dataset: "rejected", project: "shop", hourMs, shard: 0, part: 0 }), rejected);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test("L54: DuckDB reads texts of which a file keeps what each adds", async () => {
  const rows = similarTexts(900).map((id, index) =>
    rowOf(trackOf({ userId: id }), receiptOf({ receiptId: id }), index),
  );
  write("similar.parquet", encodeEvents(rows, source));
  const read = await query(`SELECT user_id, receipt_id, receipt_index FROM '${folder}/similar.parquet'`);
  const expected = rows.toSorted(compareRows);
  expect(read).toEqual(
    expected.map(({ user_id, receipt_id, receipt_index }) => ({ user_id, receipt_id, receipt_index })),
  );
  const encodings = await query(
    `SELECT DISTINCT encodings FROM parquet_metadata('${folder}/similar.parquet') WHERE path_in_schema IN ('user_id', 'receipt_id')`,
  );
  expect(encodings).toEqual([{ encodings: "DELTA_BYTE_ARRAY" }]);
});

test("L26: DuckDB sees every column with its type, DECIMAL(18,6) and JSON included", async () => {
  for (const [dataset, columns] of [
    ["events", eventColumns],
    ["rejected", rejectedColumns],
  ] as const) {
    const described = await query(`SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${lake(dataset)})`);
    const expected = columns.map(({ name, type }) => ({ column_name: name, column_type: sqlTypes[type] }));
    expect(described.filter((row) => !["project", "dt", "hour"].includes(String(row["column_name"])))).toEqual(
      expected,
    );
  }
});

test("L26: DuckDB prunes by project, day and hour, and days are UTC on any machine", async () => {
  const rows = await query(
    `SELECT project, dt, hour, CAST(time AS DATE) AS day, count(*) AS events FROM ${lake("events")} GROUP BY ALL ORDER BY hour`,
  );
  expect(rows).toEqual([
    { project: "shop", dt: "2026-11-20", hour: "7", day: "2026-11-20", events: "2" },
    { project: "shop", dt: "2026-11-20", hour: "23", day: "2026-11-20", events: "2" },
  ]);
  expect(await query(`SELECT count(*) AS n FROM ${lake("events")} WHERE dt = '2026-11-20' AND hour = 7`)).toEqual([
    { n: "2" },
  ]);
});

test("L26: DuckDB adds money exactly and reads JSON", async () => {
  const [row] = await query(
    `SELECT sum(revenue) AS revenue, any_value(properties->>'$.name') AS name, any_value(json_valid(context)) AS valid FROM ${lake("events")}`,
  );
  expect(row).toEqual({ revenue: "0.600000", name: "ü\ufffd", valid: null });
  expect(await query(`SELECT reason, raw::JSON->>0 AS item, redrivable FROM ${lake("rejected")}`)).toEqual([
    { reason: "not_an_object", item: "1", redrivable: true },
  ]);
});

test("L26: DuckDB reads every value of any row as it was written", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyRow(eventColumns), { minLength: 1, maxLength: 30 }), async (rows) => {
      const path = join(folder, "any.parquet");
      writeFileSync(path, encodeEvents(rows, source));
      const read = await query(`SELECT ${eventColumns.map(selection).join(", ")} FROM '${path}'`);
      expect(read).toEqual(rows.toSorted(compareRows).map(asHex));
    }),
    { numRuns: 20 },
  );
});

test("L26: DuckDB finds a row by a text that sorts last among its row groups' bounds", async () => {
  const users = ["a", "\ue000", "\uffee", "😀", "😀😀"];
  const rows = Array.from({ length: 25_000 }, (_, index) =>
    rowOf(trackOf({ messageId: `m${index}`, anonymousId: `${users[index % users.length]}` }), receiptOf(), index),
  );
  const path = join(folder, "bounds.parquet");
  writeFileSync(path, encodeEvents(rows, source));
  for (const user of users) {
    expect(await query(`SELECT count(*) AS n FROM '${path}' WHERE anonymous_id = '${user}'`)).toEqual([{ n: "5000" }]);
  }
});

/** A column's value as hexadecimal text: the client would drop a byte order mark on its way. */
function selection({ name, type }: (typeof eventColumns)[number]): string {
  const value = type === "timestamp" ? `epoch_ms("${name}")` : `"${name}"`;
  return `hex(${value}::VARCHAR) AS "${name}"`;
}

function asHex(row: Row): Record<string, string | null> {
  const hex = (value: unknown): string => Buffer.from(String(value)).toString("hex").toUpperCase();
  return Object.fromEntries(eventColumns.map(({ name }) => [name, row[name] === null ? null : hex(row[name])]));
}
