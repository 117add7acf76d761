import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { type MetricName, metrics } from "../dist/metrics.js";
import type { TestBucket } from "./harness.ts";

/** One row of an oracle's answer; numbers as DuckDB writes them. */
export type OracleRow = Readonly<Record<string, string | number | null>>;

/** Recounts every metric with DuckDB from a copy of the lake's event files, for a project whose currency is EUR. */
export async function recountWithDuckDb(lake: TestBucket): Promise<Map<MetricName, OracleRow[]>> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-oracle-"));
  try {
    for (const { key } of (await lake.list({ prefix: "events/" })).objects) {
      const object = await lake.get(key);
      await mkdir(dirname(join(folder, key)), { recursive: true });
      await writeFile(join(folder, key), new Uint8Array((await object?.arrayBuffer()) ?? new ArrayBuffer(0)));
    }
    const instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    const files = `read_parquet('${folder}/events/**/*.parquet')`;
    await connection.run(
      `CREATE VIEW events AS SELECT * REPLACE (coalesce(currency, 'EUR') AS currency) FROM ${files}`,
    );
    const answers = new Map<MetricName, OracleRow[]>();
    for (const [name, { oracleSql }] of metrics) {
      const reader = await connection.runAndReadAll(oracleSql);
      answers.set(name, reader.getRowObjectsJson() as OracleRow[]);
    }
    connection.closeSync();
    instance.closeSync();
    return answers;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
