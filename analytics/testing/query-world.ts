import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { AnalyticsHarness, Reply, TestBucket } from "./harness.ts";

/** A row of DuckDB's answer: whole numbers beyond 32 bits, decimals and times as text. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** Runs statements over a copy of the lake, as view `events`, one after the other; gives the rows of each. */
export async function sqlOverLake(lake: TestBucket, statements: readonly string[]): Promise<SqlRow[][]> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-query-"));
  try {
    for (const { key } of (await lake.list({ prefix: "events/" })).objects) {
      const object = await lake.get(key);
      await mkdir(dirname(join(folder, key)), { recursive: true });
      await writeFile(join(folder, key), new Uint8Array((await object?.arrayBuffer()) ?? new ArrayBuffer(0)));
    }
    const instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    await connection.run(`CREATE VIEW events AS SELECT * FROM read_parquet('${folder}/events/**/*.parquet')`);
    const answers: SqlRow[][] = [];
    for (const sql of statements) answers.push((await connection.runAndReadAll(sql)).getRowObjectsJson() as SqlRow[]);
    connection.closeSync();
    instance.closeSync();
    return answers;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A fresh read token of a project. */
export async function tokenOf(worker: AnalyticsHarness, project: string, scopes: readonly string[]): Promise<string> {
  const reply = await worker.admin("POST", `projects/${project}/tokens`, { name: "tests", scopes });
  return (reply.json() as { token: string }).token;
}

/** Asks with a token. */
export async function ask(worker: AnalyticsHarness, token: string, path: string, body?: object): Promise<Reply> {
  const headers = { authorization: `Bearer ${token}` };
  return worker.fetch(path, headers, body === undefined ? "GET" : "POST", body && JSON.stringify(body));
}
