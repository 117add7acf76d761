/*
 * Starts the edge on workerd for its tests, with a real queue and bucket and a consumer that keeps the messages.
 * Called by the tests that need the real runtime; it never reaches out to the network.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import type { R2Bucket } from "@cloudflare/workers-types";
import { decodeQueueMessage, type Json, type Receipt } from "@sluice/schema";
import { createTestHarness } from "wrangler";
import { writeKeySecret } from "./write-keys.ts";

/** The operator's token of the started Workers. */
export const operatorToken = "operator-token-of-the-tests";

/** Requests that the flaky variant's brake lets through in 10 s, by key and address. */
export const brakeRequests = 5;

/** One queue message, decoded. */
export interface Received {
  readonly receipt: Receipt;
  /** The body's gzip. */
  readonly body: Uint8Array;
  readonly json: Json;
}

/** The running edge. */
export interface EdgeHarness {
  /** A whole URL decides over the host that the edge sees. */
  readonly fetch: (path: string, init?: RequestInit & { readonly duplex?: "half" }) => Promise<Response>;
  readonly lake: R2Bucket;
  /** Runs the cron handler. */
  readonly cron: () => Promise<void>;
  /** Waits until the queue delivered `count` messages since the last call, and takes them, in order of sending. */
  readonly received: (count: number) => Promise<readonly Received[]>;
  /** The same for as many messages as hold `events` events. */
  readonly receivedEvents: (events: number) => Promise<readonly Received[]>;
  readonly close: () => Promise<void>;
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const common = { compatibility_date: "2026-10-01", compatibility_flags: ["nodejs_compat"] };
const bucket = { r2_buckets: [{ binding: "LAKE", bucket_name: "sluice-lake" }] };

/**
 * @param variant `real`: the Worker of wrangler.jsonc; `flaky`: the one whose queue and bucket fail on command.
 * @param vars further variables and secrets.
 */
export async function startEdge(variant: "real" | "flaky", vars: Record<string, string> = {}): Promise<EdgeHarness> {
  process.env["WRANGLER_SEND_METRICS"] = "false";
  process.env["CLOUDFLARE_CF_FETCH_ENABLED"] = "false";
  writeSdkFileIfAbsent();
  const secrets = { WRITE_KEY_SECRETS: `an older secret,${writeKeySecret}`, OPERATOR_TOKEN: operatorToken };
  const allVars = { REGISTRY_REFRESH_SECONDS: "0.05", LOCAL: "1", ...vars };
  const flaky = {
    ...common,
    ...bucket,
    name: "flaky-edge",
    main: here("./flaky-edge.ts"),
    queues: { producers: [{ binding: "EVENTS", queue: "sluice-events" }] },
    // Few enough that a test reaches them.
    ratelimits: [{ name: "BRAKE", namespace_id: "1001", simple: { limit: brakeRequests, period: 10 as const } }],
    vars: { ...secrets, ...allVars },
  };
  const probe = {
    ...common,
    ...bucket,
    name: "queue-probe",
    main: here("./queue-probe.ts"),
    queues: { consumers: [{ queue: "sluice-events", max_batch_size: 100, max_batch_timeout: 0 }] },
  };
  const edge = { configPath: here("../wrangler.jsonc"), vars: allVars, secrets };
  const harness = createTestHarness({
    root: here(".."),
    workers: [variant === "real" ? edge : { config: flaky }, { config: probe }],
  });
  await harness.listen();
  const worker = harness.getWorker<{ LAKE: R2Bucket }>();
  const { LAKE: lake } = await worker.getEnv();
  return {
    fetch: (path, init) => harness.fetch(path, init as never) as unknown as Promise<Response>,
    lake,
    cron: async () => {
      await worker.scheduled({ cron: "* * * * *" });
    },
    received: (count) => takeReceived(lake, count),
    receivedEvents: (events) => takeEvents(lake, events),
    close: () => harness.close(),
  };
}

/** The build writes the SDK here; tests of the edge alone do not need the real one. */
function writeSdkFileIfAbsent(): void {
  const path = here("../generated/sluice.txt");
  if (existsSync(path)) return;
  mkdirSync(here("../generated"), { recursive: true });
  writeFileSync(path, "/* sluice */\n");
}

async function takeReceived(lake: R2Bucket, count: number): Promise<readonly Received[]> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const { objects } = await lake.list({ prefix: "probe/" });
    if (objects.length >= count) {
      const messages = await Promise.all(objects.map(({ key }) => take(lake, key)));
      return messages.sort((a, b) => a.receipt.sequence - b.receipt.sequence);
    }
    if (Date.now() > deadline) throw new Error(`${objects.length} of ${count} messages came`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function takeEvents(lake: R2Bucket, events: number): Promise<readonly Received[]> {
  const messages: Received[] = [];
  while (messages.reduce((sum, { receipt }) => sum + receipt.eventCount, 0) < events) {
    messages.push(...(await takeReceived(lake, 1)));
  }
  return messages.sort((a, b) => a.receipt.firstIndex - b.receipt.firstIndex);
}

async function take(lake: R2Bucket, key: string): Promise<Received> {
  const object = await lake.get(key);
  const decoded = decodeQueueMessage(new Uint8Array((await object?.arrayBuffer()) ?? new ArrayBuffer(0)));
  if (!decoded.ok) throw new Error(`message ${key} is ${decoded.error}`);
  await lake.delete(key);
  const { receipt, body } = decoded.value;
  return { receipt, body, json: JSON.parse(new TextDecoder().decode(gunzipSync(body))) as Json };
}
