import { fileURLToPath } from "node:url";
import type { HourArrivals, HourChange, Json } from "@sluice/schema";
import { createTestHarness } from "wrangler";

/** The analytics Worker on workerd with its real configuration, beside stand-ins for the other two. */
export interface AnalyticsHarness {
  readonly lake: TestBucket;
  readonly sql: (statement: string, ...values: (string | number)[]) => Promise<Record<string, unknown>[]>;
  /** The database itself, for code of this package that runs in the test. */
  readonly database: () => Promise<unknown>;
  readonly admin: (method: string, path: string, body?: object) => Promise<Reply>;
  readonly fetch: (path: string, headers?: Record<string, string>, method?: string, body?: string) => Promise<Reply>;
  readonly fillOutbox: (outbox: TestOutbox) => Promise<void>;
  readonly scheduled: () => Promise<void>;
  readonly logs: () => string;
  readonly reset: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A reply, read to its end. */
export interface Reply {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly text: string;
  readonly json: () => unknown;
}

/** What the stand-in of the shard log tells. */
export interface TestOutbox {
  readonly project: string;
  readonly birthId: string;
  readonly changes: readonly HourChange[];
  readonly pendingRows: number;
  /** Blocks that the log still holds. */
  readonly blocks?: readonly TestBlock[];
  readonly droppedThrough?: number;
  readonly arrivals?: HourArrivals;
  readonly isBroken?: boolean;
}

/** Rows of one block for one file, by name of column. */
export interface TestBlock {
  readonly sequence: number;
  readonly takenAtMs: number;
  readonly dataset: HourChange["dataset"];
  readonly hourMs: number;
  readonly rows: readonly object[];
}

/** The part of R2 that tests use. */
export interface TestBucket {
  get(key: string): Promise<{ arrayBuffer(): Promise<ArrayBuffer>; text(): Promise<string>; etag: string } | null>;
  put(key: string, value: string | Uint8Array): Promise<{ etag: string }>;
  delete(keys: string | string[]): Promise<void>;
  list(options: {
    prefix?: string;
  }): Promise<{ objects: { key: string; etag: string; size: number; uploaded: Date }[] }>;
}

export const operatorToken = "operator-token-of-the-tests";
export const writeKeySecret = "secret-of-the-tests";

/** Starts it; `vars` are added to those of the Workers' configurations. */
export async function startAnalytics(vars: Record<string, string> = {}): Promise<AnalyticsHarness> {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const secrets = { OPERATOR_TOKEN: operatorToken, WRITE_KEY_SECRETS: `${writeKeySecret},old` };
  const standIn = {
    main: "src/testing/index.ts",
    compatibility_date: "2026-10-01",
    durable_objects: { bindings: [{ name: "SHARD_LOG", class_name: "ShardLog" }] },
    migrations: [{ tag: "v1", new_sqlite_classes: ["ShardLog"] }],
    vars,
  };
  const harness = createTestHarness({
    root,
    workers: [
      { configPath: "wrangler.jsonc", vars: { ROLLUP_SECONDS: "0", ...vars }, secrets },
      { config: { name: "sluice-queue-consumer", ...standIn } },
      { config: { name: "sluice-worker", ...standIn } },
    ],
  });
  await harness.listen();
  await harness.getWorker().applyD1Migrations("DB");
  const fetch: AnalyticsHarness["fetch"] = async (path, headers = {}, method = "GET", body) => {
    const init = { method, headers, ...(body === undefined ? {} : { body }) };
    return replyOf(await harness.getWorker().fetch(path, init));
  };
  return {
    lake: await lakeOf(harness),
    sql: async (statement, ...values) => {
      const env = await harness.getWorker().getEnv();
      return (
        await (env["DB"] as TestDatabase)
          .prepare(statement)
          .bind(...values)
          .all()
      ).results;
    },
    database: async () => (await harness.getWorker().getEnv())["DB"] as unknown,
    admin: async (method, path, body) => {
      const headers = { authorization: `Bearer ${operatorToken}` };
      const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
      return replyOf(await harness.getWorker().fetch(`/v1/admin/${path}`, init));
    },
    fetch,
    fillOutbox: async (outbox) => {
      const init = { method: "POST", body: JSON.stringify(outbox) };
      await harness.getWorker("sluice-queue-consumer").fetch("/fill", init);
    },
    scheduled: async () => {
      await harness.getWorker().scheduled({ cron: "* * * * *" });
    },
    logs: () => JSON.stringify(harness.getLogs()),
    reset: async () => {
      await harness.reset();
      await harness.getWorker().applyD1Migrations("DB");
    },
    close: async () => harness.close(),
  };
}

interface TestDatabase {
  prepare(sql: string): {
    bind(...values: (string | number)[]): { all(): Promise<{ results: Record<string, unknown>[] }> };
  };
}

/** The bucket, looked up anew for each call: a reset replaces it. */
async function lakeOf(harness: ReturnType<typeof createTestHarness>): Promise<TestBucket> {
  const bucket = async (): Promise<TestBucket> => (await harness.getWorker().getEnv())["LAKE"] as TestBucket;
  return {
    get: async (key) => (await bucket()).get(key),
    put: async (key, value) => (await bucket()).put(key, value),
    delete: async (keys) => (await bucket()).delete(keys),
    list: async (options) => (await bucket()).list(options),
  };
}

interface RawReply {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

async function replyOf(response: RawReply): Promise<Reply> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) as Json };
}
