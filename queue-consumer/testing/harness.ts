import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import {
  type AppendRequest,
  type AppendResult,
  type ChangePage,
  encodeQueueMessage,
  type HourArrivals,
  type Json,
  type LedgerRow,
  type LogStatus,
  type Receipt,
  type ShardLogRpc,
  shardLogName,
  type TailPage,
} from "@sluice/schema";
import { createTestHarness } from "wrangler";

/** The consumer on workerd, with its real configuration but for the batch timeout, and bindings for the test to send with. */
export interface ConsumerHarness {
  readonly lake: TestBucket;
  readonly counters: (token?: string) => Promise<{ status: number; body: Json }>;
  readonly log: (project?: string, shard?: number) => LogUnderTest;
  /** Sends messages to a queue; resolves when the consumer has settled all that were sent. */
  readonly deliver: (queue: "EVENTS" | "EVENTS_DLQ", messages: readonly Uint8Array[]) => Promise<void>;
  readonly scheduled: () => Promise<void>;
  readonly sql: (statement: string, project?: string) => Promise<readonly Record<string, unknown>[]>;
  readonly evict: (project?: string, shard?: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The part of R2 that tests use. */
export interface TestBucket {
  get(key: string): Promise<{ arrayBuffer(): Promise<ArrayBuffer>; customMetadata?: Record<string, string> } | null>;
  head(key: string): Promise<{ etag: string; size: number } | null>;
  put(key: string, value: string | Uint8Array, options?: object): Promise<unknown>;
  delete(key: string): Promise<void>;
  list(options: { prefix: string }): Promise<{ objects: { key: string; etag: string; size: number }[] }>;
}

/** The log's RPC, and the crash switch of src/testing/index.ts. A crash makes the call fail. */
export interface LogUnderTest extends Omit<ShardLogRpc, "append" | "inherited" | "seal"> {
  /** Appends slices; in the layout of another version, if one is given. */
  append(request: AppendRequest, version?: number): Promise<AppendResult>;
  crashAt(step: CrashStep, nth: number): Promise<true>;
  loseAlarm(): Promise<true>;
  rowsWritten(): Promise<number>;
  /** Appends what the consumer makes of messages, in one call. */
  appendMessages(...messages: readonly Uint8Array[]): Promise<AppendResult>;
  /** Appends what of messages belongs to this shard of so many. */
  appendParts(shards: number, ...messages: readonly Uint8Array[]): Promise<AppendResult>;
}

/** Where a PUT of the log, or a GET of its cold ids, goes wrong; see src/testing/index.ts. */
export type CrashStep = "before_put" | "after_put" | "fail_put" | "lost_reply" | "fail_get" | "flush_in_get";

export const testProject = "shop";
const operatorToken = "operator-token-of-the-tests";
const folder = fileURLToPath(new URL("..", import.meta.url));

/** Starts the consumer. `vars` override the variables of wrangler.jsonc. */
export async function startConsumer(vars: Record<string, string> = {}): Promise<ConsumerHarness> {
  const harness = createTestHarness({ root: folder, workers: [{ config: testConfig(vars) }] });
  await harness.listen();
  const worker = harness.getWorker();
  const env = (await worker.getEnv()) as TestEnvironment;
  let sent = 0;
  const counters: ConsumerHarness["counters"] = async (token = operatorToken) => {
    const response = await worker.fetch("/v1/internal/counters", { headers: { authorization: `Bearer ${token}` } });
    return { status: response.status, body: response.ok ? ((await response.json()) as Json) : null };
  };
  return {
    lake: env.LAKE,
    counters,
    log: (project = testProject, shard = 0) =>
      logOver(async (call) => {
        const response = await worker.fetch(`/test/log?project=${project}&shard=${shard}`, {
          method: "POST",
          body: JSON.stringify(call),
        });
        if (!response.ok) throw new Error(await response.text());
        return response.json();
      }),
    deliver: async (queue, messages) => {
      for (const message of messages) await env[queue].send(message, { contentType: "bytes" });
      sent += messages.length;
      await waitUntil(async () => settledOf((await counters()).body) >= sent);
    },
    scheduled: async () => {
      await worker.scheduled({ cron: "* * * * *" });
    },
    sql: async (statement, project = testProject) => {
      const storage = await worker.getDurableObjectStorage("SHARD_LOG", { name: shardLogName(project, 0) });
      return (await storage.exec(statement)) as readonly Record<string, unknown>[];
    },
    evict: (project = testProject, shard = 0) =>
      worker.evictDurableObject("SHARD_LOG", { name: shardLogName(project, shard) }),
    close: () => harness.close(),
  };
}

function logOver(call: (body: object) => Promise<unknown>): LogUnderTest {
  const appendParts = (shards: number, messages: readonly Uint8Array[]): Promise<AppendResult> => {
    const encoded = messages.map((message) => Buffer.from(message).toString("base64"));
    return call({ method: "appendParts", shards, messages: encoded }) as Promise<AppendResult>;
  };
  return {
    append: (request, version) => call({ method: "append", request, version }) as Promise<AppendResult>,
    open: (project, shard) => call({ method: "open", project, shard }) as Promise<LogStatus>,
    flush: () => call({ method: "flush" }) as Promise<LogStatus>,
    status: () => call({ method: "status" }) as Promise<LogStatus>,
    changes: (from, to) => call({ method: "changes", from, to }) as Promise<ChangePage>,
    ledger: (from, to) => call({ method: "ledger", from, to }) as Promise<readonly LedgerRow[]>,
    arrivals: (from, to) => call({ method: "arrivals", from, to }) as Promise<HourArrivals>,
    tail: (request) => call({ method: "tail", request }) as Promise<TailPage>,
    knows: (ids) => call({ method: "knows", ids }) as Promise<readonly boolean[]>,
    loseAlarm: () => call({ method: "loseAlarm" }) as Promise<true>,
    appendMessages: (...messages) => appendParts(1, messages),
    appendParts: (shards, ...messages) => appendParts(shards, messages),
    rowsWritten: () => call({ method: "rowsWritten" }) as Promise<number>,
    crashAt: (step, nth) => call({ method: "crashAt", step, nth }) as Promise<true>,
  };
}

function testConfig(vars: Record<string, string>): object {
  const text = readFileSync(`${folder}/wrangler.jsonc`, "utf8")
    .replaceAll(/^\s*\/\/.*$/gm, "")
    .replaceAll(/,(\s*[}\]])/g, "$1");
  const config = JSON.parse(text) as {
    vars: Record<string, string>;
    queues: { consumers: { queue: string; max_batch_timeout: number }[] };
  };
  for (const consumer of config.queues.consumers) consumer.max_batch_timeout = 0;
  return {
    ...config,
    main: `${folder}/src/testing/index.ts`,
    queues: {
      ...config.queues,
      producers: [
        { binding: "EVENTS", queue: "sluice-events" },
        { binding: "EVENTS_DLQ", queue: "sluice-events-dlq" },
      ],
    },
    vars: { ...config.vars, OPERATOR_TOKEN: operatorToken, ...vars },
  };
}

interface TestEnvironment {
  readonly LAKE: TestBucket;
  readonly EVENTS: TestQueue;
  readonly EVENTS_DLQ: TestQueue;
}

interface TestQueue {
  send(message: Uint8Array, options: { contentType: "bytes" }): Promise<unknown>;
}

function settledOf(body: Json): number {
  const counters = body as { messagesSettled?: number } | null;
  return counters?.messagesSettled ?? 0;
}

/** Waits until a condition holds; fails after ten seconds. */
export async function waitUntil(holds: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("waited ten seconds in vain");
}

/** A receipt for tests; every field can be overridden. */
export function testReceipt(fields: Partial<Receipt> & Pick<Receipt, "receiptId">): Receipt {
  return {
    receivedAtMs: Date.parse("2026-03-01T12:30:00Z"),
    isolateId: "isolate",
    sequence: 1,
    project: testProject,
    source: "web",
    keyKind: "public",
    keySerial: 1,
    sentAtMs: null,
    clockOffsetMs: null,
    geo: { country: "DE", region: null, city: null },
    ip: null,
    userAgent: null,
    impliedType: null,
    firstIndex: 0,
    eventCount: 1,
    rejected: [],
    rulesVersion: 1,
    ...fields,
  };
}

/** A queue message with these events. */
export function testMessage(
  events: readonly Json[],
  fields: Partial<Receipt> & Pick<Receipt, "receiptId">,
): Uint8Array {
  const receipt = testReceipt({ eventCount: events.length, ...fields });
  return encodeQueueMessage({ receipt, body: gzipSync(JSON.stringify({ batch: events })) });
}

/** A track event with an id and a time. */
export function testEvent(messageId: string, time = "2026-03-01T12:10:00.000Z"): { readonly [key: string]: Json } {
  return {
    type: "track",
    event: "Product Viewed",
    messageId,
    timestamp: time,
    anonymousId: `visitor of ${messageId}`,
    properties: { id: messageId },
  };
}
