import { existsSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance, type Json } from "@duckdb/node-api";

/** A row of an answer. Whole numbers beyond 32 bits, decimals, dates and times come as text, so that none is rounded. */
export type SqlRow = Readonly<Record<string, Json>>;

/** DuckDB over the Parquet files of a pulled lake: views `events` and `rejected`, where there are such files. */
export interface LakeSql {
  /** Runs one statement and returns all of its rows. */
  rows(sql: string): Promise<SqlRow[]>;
  close(): void;
}

/**
 * Opens a folder that `npm run lake -- pull` filled. Nothing but DuckDB and the files takes part, which makes
 * it a witness from outside.
 */
export async function openLake(folder: string): Promise<LakeSql> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const rows = async (sql: string): Promise<SqlRow[]> => (await connection.runAndReadAll(sql)).getRowObjectsJson();
  for (const dataset of ["events", "rejected"]) {
    if (!existsSync(join(folder, dataset))) continue;
    const files = join(folder, dataset, "**", "*.parquet").replaceAll("'", "''");
    await rows(
      `CREATE VIEW ${dataset} AS SELECT * FROM read_parquet('${files}', hive_partitioning = true, filename = true)`,
    );
  }
  return {
    rows,
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
