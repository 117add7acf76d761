import { Agent } from "node:http";
import { shardLogName } from "@sluice/schema";
import { stop } from "esbuild";
import { queueCounter, waitUntilDrained } from "../../tools/local/drain.ts";
import { workerNames } from "../../tools/local/workers.ts";
import { writeKey } from "../../worker/testing/write-keys.ts";
import { post } from "../load/post.ts";
import { type BenchRuntime, project, startRuntime } from "../cost/runtime.ts";
import { trafficOf } from "../cost/traffic.ts";
import { benchWorker, operatorToken } from "../cost/workers.ts";
import { createAdminClient } from "../../tools/operator/admin.ts";

/** CPU of workerd by stage, in µs per event; for `rollUp` per row that a roll-up of its day reads. */
export interface StageCosts {
  /** A bare handler that gunzips, parses and enqueues, with an empty consumer. */
  readonly floor: number;
  readonly edge: number;
  /** The consumer and the append to the log. */
  readonly append: number;
  readonly publish: number;
  readonly rollUp: number;
  /** Of analytics, per row of a mart that a count of users reads, µs. */
  readonly martRow: number;
  /** Events a second from the first request to the last append, by the wall clock. */
  readonly wallRate: number;
}

const connections = 8;
const drainMsMax = 120_000;
/** Takes what the queue delivers, so that the edge is measured without the consumer. */
const sink = "export default { async queue() {} }";

/** Measures every stage with the same bodies: `events` events, `size` a request, each with an id of its own. */
export async function measureStages(size: number, events: number): Promise<StageCosts> {
  const bodies = bodiesOf(size, events);
  const floor = await measureIngest("bench/ingest/floor.js", bodies);
  const edge = await measureIngest("worker/src/index.ts", bodies);
  const runtime = await startRuntime(await pipelineWorkers());
  await stop();
  try {
    const url = new URL("/v1/batch", await runtime.urlOf(workerNames.edge));
    await send(url, bodiesOf(size, size * 20));
    await drain(runtime);
    await publish(runtime);
    await runtime.tick(workerNames.analytics);
    const startMs = performance.now();
    const ingest = await cpuOf(runtime, async () => {
      await send(url, bodies);
      await drain(runtime);
    });
    const seconds = (performance.now() - startMs) / 1000;
    const published = await cpuOf(runtime, () => publish(runtime));
    const rolledUp = await cpuOf(runtime, () => runtime.tick(workerNames.analytics));
    const counted = await cpuOfCounts(runtime, events / size);
    const perEvent = (cpuMs: number): number => (cpuMs * 1000) / events;
    return {
      floor: perEvent(floor),
      edge: perEvent(edge),
      append: perEvent(ingest - edge),
      publish: perEvent(published),
      rollUp: perEvent(rolledUp),
      martRow: counted,
      wallRate: events / seconds,
    };
  } finally {
    await runtime.stop();
  }
}

/** Zones whose days no roll-up holds: users of one are counted from the marts. */
const zones = [
  "Asia/Tokyo",
  "Asia/Kolkata",
  "Asia/Kathmandu",
  "Europe/Berlin",
  "America/New_York",
  "America/Sao_Paulo",
];

/** CPU of counting users by the hours of other zones, µs per visitor and question: each has one row in the day's mart. */
async function cpuOfCounts(runtime: BenchRuntime, visitors: number): Promise<number> {
  const url = await runtime.urlOf(workerNames.analytics);
  const made = await createAdminClient(url, operatorToken).call("POST", `/v1/admin/projects/${project}/tokens`, {
    name: "bench",
  });
  if (!made.ok) throw new Error(`no read token: ${made.error.message}`);
  const authorization = `Bearer ${(made.value as { token: string }).token}`;
  const dayMs = 86_400_000;
  const day = (offset: number): string => new Date(Date.now() + offset * dayMs).toISOString().slice(0, 10);
  const ask = async (zone: string): Promise<void> => {
    const range = `from=${day(-1)}&to=${day(2)}&timezone=${zone}`;
    const reply = await fetch(`${url}/v1/kpis?metrics=dau&${range}`, { headers: { authorization } });
    const answer = (await reply.json()) as { metrics?: { dau: { buckets: readonly { value: number }[] } } };
    const users = answer.metrics?.dau.buckets.reduce((sum, { value }) => sum + value, 0) ?? 0;
    if (users === 0) throw new Error(`no users in ${zone}: ${reply.status}`);
  };
  await ask("Australia/Sydney");
  const cpuMs = await cpuOf(runtime, async () => {
    for (const zone of zones) await ask(zone);
  });
  return (cpuMs * 1000) / (visitors * zones.length);
}

function bodiesOf(size: number, events: number): readonly Buffer[] {
  const traffic = trafficOf(`bodies ${size} ${events}`);
  const key = writeKey();
  const nowMs = Date.now();
  return Array.from({ length: Math.ceil(events / size) }, () => traffic.body(key, nowMs, 0, size));
}

/** CPU of an ingest Worker in front of an empty consumer, ms. */
async function measureIngest(entry: string, bodies: readonly Buffer[]): Promise<number> {
  const worker = { ...(await benchWorker({ folder: "worker", entry })), name: workerNames.edge };
  const consumer = {
    name: "sink",
    modules: true as const,
    script: sink,
    compatibilityDate: "2026-10-01",
    queueConsumers: { "sluice-events": { maxBatchSize: 100, maxBatchTimeout: 0 } },
  };
  const runtime = await startRuntime([worker, consumer]);
  await stop();
  try {
    const url = new URL("/v1/batch", await runtime.urlOf(workerNames.edge));
    await send(url, bodies.slice(0, Math.ceil(bodies.length / 10)));
    return await cpuOf(runtime, () => send(url, bodies));
  } finally {
    await runtime.stop();
  }
}

async function pipelineWorkers() {
  const vars = { PUBLISH_SECONDS: "86400", PUBLISH_OLD_SECONDS: "86400", ROLLUP_SECONDS: "0", LOCAL: "1" };
  return Promise.all([
    benchWorker({ folder: "worker", entry: "worker/src/index.ts", vars }),
    benchWorker({ folder: "queue-consumer", entry: "bench/pipeline/consumer.js", vars, batchTimeoutSeconds: 0.2 }),
    benchWorker({ folder: "analytics", entry: "analytics/src/index.ts", vars }),
  ]);
}

async function send(url: URL, bodies: readonly Buffer[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const left = bodies.values();
  const sendLeft = async (): Promise<void> => {
    for (const body of left) await post(url, body, agent);
  };
  await Promise.all(Array.from({ length: connections }, sendLeft));
  agent.destroy();
}

async function drain(runtime: BenchRuntime): Promise<void> {
  const count = queueCounter(runtime.mf, operatorToken);
  const left = await waitUntilDrained(count, drainMsMax, () => undefined, new AbortController().signal);
  if (left !== 0) throw new Error(`${left ?? "an unknown number of"} messages were left in the queue`);
}

async function publish(runtime: BenchRuntime): Promise<void> {
  const url = `${await runtime.urlOf(workerNames.consumer)}/publish?log=${encodeURIComponent(shardLogName(project, 0))}`;
  const reply = await fetch(url);
  if (!reply.ok) throw new Error(`publishing answered ${reply.status}`);
  await reply.arrayBuffer();
}

async function cpuOf(runtime: BenchRuntime, work: () => Promise<void>): Promise<number> {
  const beforeMs = runtime.cpuMs();
  await work();
  return runtime.cpuMs() - beforeMs;
}
