import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { AnalyticsHarness, Reply, TestBucket } from "./harness.ts";

/** A row of DuckDB's answer: whole numbers beyond 32 bits, decimals and times as text. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** Runs statements over a copy of the lake, as view `events`, one after the other; gives the rows of each. */
export async function sqlOverLake(lake: TestBucket, statements: readonly string[]): Promise<SqlRow[][]> {
  return withLakeCopy(lake, async (folder) => {
    const sql = await openDuckDb();
    await sql.rows(`CREATE VIEW events AS SELECT * FROM read_parquet('${folder}/events/**/*.parquet')`);
    const answers: SqlRow[][] = [];
    for (const statement of statements) answers.push(await sql.rows(statement));
    sql.close();
    return answers;
  });
}

/** DuckDB in memory. */
export interface DuckDb {
  readonly rows: (sql: string) => Promise<SqlRow[]>;
  readonly close: () => void;
}

/** Opens one; `rows` runs one or more statements and gives the rows of the last. */
export async function openDuckDb(): Promise<DuckDb> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  return {
    rows: async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson() as SqlRow[],
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** Copies the lake's objects below a prefix into a folder, which is gone afterwards. */
export async function withLakeCopy<Value>(
  lake: TestBucket,
  use: (folder: string) => Promise<Value>,
  prefix = "events/",
): Promise<Value> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-query-"));
  try {
    for (const { key } of (await lake.list({ prefix })).objects) {
      const object = await lake.get(key);
      await mkdir(dirname(join(folder, key)), { recursive: true });
      await writeFile(join(folder, key), new Uint8Array((await object?.arrayBuffer()) ?? new ArrayBuffer(0)));
    }
    return await use(folder);
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
