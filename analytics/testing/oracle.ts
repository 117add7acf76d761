import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { Interval } from "../dist/local-period.js";
import { type MetricName, metrics } from "../dist/metrics.js";
import type { TestBucket } from "./harness.ts";

/** One row of an oracle's answer; numbers as DuckDB writes them. */
export type OracleRow = Readonly<Record<string, string | number | null>>;

/** Recounts what is asked with DuckDB. */
export interface Oracle {
  readonly recount: (name: MetricName, zone: string, interval: Interval) => Promise<OracleRow[]>;
  readonly rows: (sql: string) => Promise<OracleRow[]>;
  readonly close: () => void;
}

/** DuckDB over a folder with a copy of the lake's event files, for a project whose currency is EUR. */
export async function oracleOver(folder: string): Promise<Oracle> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const files = `read_parquet('${folder}/events/**/*.parquet')`;
  await connection.run(`CREATE TABLE events AS SELECT * REPLACE (coalesce(currency, 'EUR') AS currency) FROM ${files}`);
  // Rows of uploaded costs; a test that uploads some fills it.
  await connection.run("CREATE TABLE costs (day DATE, campaign VARCHAR, currency VARCHAR, cost DECIMAL(18, 6))");
  const rows = async (sql: string): Promise<OracleRow[]> => {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson() as OracleRow[];
  };
  return {
    rows,
    recount: async (name, zone, interval) => rows(metrics.get(name)?.oracleSql(zone, interval) ?? ""),
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** Recounts every metric by UTC day from a copy of the lake's event files. */
export async function recountWithDuckDb(lake: TestBucket): Promise<Map<MetricName, OracleRow[]>> {
  return withLakeCopy(lake, async (oracle) => {
    const answers = new Map<MetricName, OracleRow[]>();
    for (const name of metrics.keys()) answers.set(name, await oracle.recount(name, "UTC", "day"));
    return answers;
  });
}

/** Runs work with DuckDB over a copy of the lake's event files. */
export async function withLakeCopy<Result>(
  lake: Pick<TestBucket, "get" | "list">,
  work: (oracle: Oracle) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-oracle-"));
  try {
    for (const { key } of (await lake.list({ prefix: "events/" })).objects) {
      const object = await lake.get(key);
      await mkdir(dirname(join(folder, key)), { recursive: true });
      await writeFile(join(folder, key), new Uint8Array((await object?.arrayBuffer()) ?? new ArrayBuffer(0)));
    }
    const oracle = await oracleOver(folder);
    try {
      return await work(oracle);
    } finally {
      oracle.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
