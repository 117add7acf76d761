import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { encodeQueueMessage, type Json, type JsonObject, type Receipt } from "@sluice/schema";
import { createTestHarness } from "wrangler";
import { projectRoot } from "../../tools/project-root.ts";

/** The real edge, consumer and analytics on one workerd, with a queue for replays and its consumer. */
export interface LedgerWorld {
  readonly project: string;
  readonly writeKey: string;
  readonly serverKey: string;
  readonly lake: TestBucket;
  /** Posts a batch to the edge; its reply. */
  post(events: readonly Json[], key?: string): Promise<JsonObject>;
  /** Sends queue messages as an edge would, or as a stranger to it. */
  enqueue(messages: readonly Uint8Array[]): Promise<void>;
  /** A call of the operator's API. */
  admin(method: string, path: string, body?: object): Promise<Reply>;
  /** A question with the project's read token. */
  read(path: string, token?: string): Promise<Reply>;
  /** Puts everything that the logs hold into files, and rolls it up. */
  publish(): Promise<void>;
  /** Runs the cron of analytics. */
  cron(): Promise<void>;
  /** Queue messages that the consumer has settled. */
  settled(): Promise<number>;
  /** Rows of a query of D1. */
  sql(query: string): Promise<readonly object[]>;
  /** Loses the memory of the project's log. */
  restartLog(): Promise<void>;
  close(): Promise<void>;
}

/** A reply, read to its end. */
export interface Reply {
  readonly status: number;
  readonly body: JsonObject;
}

/** The part of R2 that tests use. */
export interface TestBucket {
  get(key: string): Promise<{ text(): Promise<string>; arrayBuffer(): Promise<ArrayBuffer> } | null>;
  put(key: string, value: string | Uint8Array, options?: object): Promise<unknown>;
  delete(key: string): Promise<void>;
  list(options: { prefix: string; cursor?: string }): Promise<{
    objects: { key: string; etag: string }[];
    truncated: boolean;
    cursor?: string;
  }>;
}

const operatorToken = "operator-token-of-the-tests";
const project = "shop";
const source = "web";
/** Queue messages that one call sends. */
const batchMessages = 50;

/** Starts the Workers with their own configurations; batches leave the queue at once. */
export async function startLedgerWorld(options: { readonly replayQueue?: boolean } = {}): Promise<LedgerWorld> {
  const secrets = { OPERATOR_TOKEN: operatorToken, WRITE_KEY_SECRETS: "secret-of-the-tests" };
  const harness = createTestHarness({
    root: projectRoot,
    workers: [
      { config: configOf("analytics", { replay: options.replayQueue ?? true }, { ...secrets, ROLLUP_SECONDS: "0" }) },
      { config: configOf("queue-consumer", {}, secrets) },
      { config: configOf("worker", {}, secrets) },
      { config: replayConsumer },
    ],
  });
  await harness.listen();
  const analytics = harness.getWorker("sluice-analytics");
  await analytics.applyD1Migrations("DB");
  const env = (await analytics.getEnv()) as {
    readonly LAKE: TestBucket;
    readonly EVENTS: TestQueue;
    readonly DB: TestDatabase;
  };
  const admin: LedgerWorld["admin"] = async (method, path, body) => {
    const headers = { authorization: `Bearer ${operatorToken}` };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    return replyOf(await analytics.fetch(`/v1/admin/${path}`, init));
  };
  const make = async (path: string, body: object, name: string): Promise<string> =>
    String((await admin("POST", path, body)).body[name]);
  await make("projects", { project }, "project");
  await make(`projects/${project}/sources`, { source }, "source");
  const readToken = await make(`projects/${project}/tokens`, { name: "tests" }, "token");
  const writeKey = await make(`projects/${project}/keys`, { source, kind: "public" }, "key");
  const serverKey = await make(`projects/${project}/keys`, { source, kind: "server" }, "key");
  return {
    project,
    writeKey,
    serverKey,
    lake: env.LAKE,
    post: async (batch, key = writeKey) => {
      const init = { method: "POST", body: JSON.stringify({ writeKey: key, batch }) };
      const reply = await replyOf(await harness.getWorker("sluice-worker").fetch("/v1/batch", init));
      if (reply.status !== 200) throw new Error(JSON.stringify(reply));
      return reply.body;
    },
    enqueue: async (messages) => {
      for (let start = 0; start < messages.length; start += batchMessages) {
        const batch = messages.slice(start, start + batchMessages);
        await env.EVENTS.sendBatch(batch.map((body) => ({ body, contentType: "bytes" })));
      }
    },
    admin,
    read: async (path, token = readToken) => {
      return replyOf(await analytics.fetch(path, { headers: { authorization: `Bearer ${token}` } }));
    },
    publish: async () => {
      const reply = await admin("POST", "flush");
      if (reply.status !== 200) throw new Error(JSON.stringify(reply));
    },
    cron: async () => void (await analytics.scheduled({ cron: "* * * * *" })),
    settled: async () => {
      const headers = { authorization: `Bearer ${operatorToken}` };
      const counters = await harness.getWorker("sluice-queue-consumer").fetch("/v1/internal/counters", { headers });
      return Number(((await counters.json()) as { messagesSettled: unknown }).messagesSettled);
    },
    sql: async (query) => (await env.DB.prepare(query).all()).results,
    restartLog: () =>
      harness.getWorker("sluice-queue-consumer").evictDurableObject("SHARD_LOG", { name: `${project}:0` }),
    close: () => harness.close(),
  };
}

/** A queue message with these events, in the place of a stream that is told. */
export function queueMessage(
  events: readonly Json[],
  receipt: Partial<Receipt> & Pick<Receipt, "receiptId" | "receivedAtMs">,
): Uint8Array {
  const whole: Receipt = {
    isolateId: "isolate",
    sequence: 1,
    project,
    source,
    keyKind: "public",
    keySerial: 1,
    sentAtMs: null,
    clockOffsetMs: null,
    geo: { country: null, region: null, city: null },
    ip: null,
    userAgent: null,
    impliedType: null,
    firstIndex: 0,
    eventCount: events.length,
    rejected: [],
    rulesVersion: 1,
    ...receipt,
  };
  return encodeQueueMessage({ receipt: whole, body: gzipSync(JSON.stringify({ batch: events })) });
}

/** Waits until a condition holds; fails after ten seconds with what it last saw. */
export async function waitFor<Value>(look: () => Promise<Value>, holds: (value: Value) => boolean): Promise<Value> {
  let last: Value = await look();
  for (let tries = 0; tries < 200 && !holds(last); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    last = await look();
  }
  if (!holds(last)) throw new Error(`waited ten seconds in vain: ${JSON.stringify(last)}`);
  return last;
}

interface TestQueue {
  sendBatch(messages: readonly { body: Uint8Array; contentType: "bytes" }[]): Promise<unknown>;
}

interface TestDatabase {
  prepare(query: string): { all(): Promise<{ results: object[] }> };
}

const replayConsumer = {
  name: "replay-consumer",
  main: join(projectRoot, "test/ledger/replay-consumer.js"),
  compatibility_date: "2026-10-01",
  r2_buckets: [{ binding: "LAKE", bucket_name: "sluice-lake" }],
  queues: { consumers: [{ queue: "replays", max_batch_size: 10, max_batch_timeout: 0 }] },
};

function configOf(folder: string, extra: { readonly replay?: boolean }, vars: Record<string, string>): object {
  const text = readFileSync(join(projectRoot, folder, "wrangler.jsonc"), "utf8")
    .replaceAll(/^\s*\/\/.*$/gm, "")
    .replaceAll(/,(\s*[}\]])/g, "$1");
  const config = JSON.parse(text) as {
    main: string;
    vars: Record<string, string>;
    queues?: { consumers?: { max_batch_timeout: number }[]; producers?: object[] };
    d1_databases?: { migrations_dir?: string }[];
  };
  for (const consumer of config.queues?.consumers ?? []) consumer.max_batch_timeout = 0;
  if (extra.replay === true) config.queues?.producers?.push({ binding: "REPLAY", queue: "replays" });
  for (const database of config.d1_databases ?? []) {
    if (database.migrations_dir === undefined) continue; // a Worker that only reads another one's tables
    database.migrations_dir = join(projectRoot, folder, database.migrations_dir);
  }
  return { ...config, main: join(projectRoot, folder, config.main), vars: { ...config.vars, ...vars } };
}

async function replyOf(response: { readonly status: number; text(): Promise<string> }): Promise<Reply> {
  const text = await response.text();
  return { status: response.status, body: (text === "" ? {} : JSON.parse(text)) as JsonObject };
}
