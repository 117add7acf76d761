import { stop } from "esbuild";
import { Agent } from "node:http";
import { workerNames } from "../../tools/local/workers.ts";
import { randomOf } from "../../tools/demo/random.ts";
import { writeKey } from "../../worker/testing/write-keys.ts";
import { post } from "../load/post.ts";
import { type BenchRuntime, startRuntime } from "./runtime.ts";
import type { Settings } from "./activity.ts";
import { eventsPerRequest, trafficOf } from "./traffic.ts";
import { type BenchWorker, benchWorker } from "./workers.ts";

/** Virtual time runs this many times as fast as real time. */
const speed = 60;
const minuteMs = 60_000;
/** Noon of a day in the past of every clock, so that late events fall into the same day and into two before it. */
const virtualStartMs = Date.UTC(2026, 9, 14, 12);
/** Minutes before the recording: the first alarms and roll-ups are behind, and blocks have begun to leave the log (`LIVE_SECONDS`). */
export const warmUpMinutes = 106;
/** `max_batch_timeout` of queue-consumer/wrangler.jsonc, in virtual seconds. */
const batchTimeoutSeconds = 30;
const daysPerMonth = 30;

type Crons = Settings["cronsPerMonth"];

/** What a run was billed for: counts by `handler|unit`. */
export interface Recording {
  readonly eventsPerMonth: number;
  readonly minutes: number;
  readonly requests: number;
  /** CPU time of workerd, ms. */
  readonly cpuMs: number;
  readonly counts: ReadonlyMap<string, number>;
}

/**
 * Records the whole pipeline (the deployed Workers with their deployed settings, on workerd) for some minutes of
 * virtual time, with the traffic of `eventsPerMonth` arriving at random, and the crons as often as deployed.
 */
export async function record(eventsPerMonth: number, minutes: number, crons: Crons): Promise<Recording> {
  const clock = { realStartMs: Date.now() + 4000, virtualStartMs, speed };
  const runtime = await startRuntime(await countedWorkers(clock));
  const realOf = (virtualMs: number): number => clock.realStartMs + (virtualMs - virtualStartMs) / speed;
  const fromMs = virtualStartMs + warmUpMinutes * minuteMs;
  const toMs = fromMs + minutes * minuteMs;
  const stopping = new AbortController();
  try {
    const ticks = (Object.keys(crons) as (keyof Crons)[]).map((worker) => {
      const everyMs = (daysPerMonth * 24 * 60 * minuteMs) / crons[worker];
      return tickEvery(runtime, workerNames[worker], { everyMs, toMs }, realOf, stopping.signal);
    });
    const sent = sendUntil(runtime, eventsPerMonth, { fromMs, toMs }, realOf);
    await until(realOf(fromMs));
    const before = { counts: await countsOf(runtime), cpuMs: runtime.cpuMs() };
    const requests = await sent;
    await until(realOf(toMs));
    const after = { counts: await countsOf(runtime), cpuMs: runtime.cpuMs() };
    await Promise.all(ticks);
    const counts = new Map([...after.counts].map(([key, value]) => [key, value - (before.counts.get(key) ?? 0)]));
    return { eventsPerMonth, minutes, requests, cpuMs: after.cpuMs - before.cpuMs, counts };
  } finally {
    stopping.abort();
    await runtime.stop();
  }
}

async function countedWorkers(clock: object) {
  const define = { CLOCK: JSON.stringify(clock) };
  const folders: readonly Omit<BenchWorker, "define">[] = [
    { folder: "worker", entry: "bench/cost/recorder/edge.js" },
    {
      folder: "queue-consumer",
      entry: "bench/cost/recorder/consumer.js",
      batchTimeoutSeconds: batchTimeoutSeconds / speed,
    },
    { folder: "analytics", entry: "bench/cost/recorder/analytics.js" },
  ];
  const workers = await Promise.all(folders.map((worker) => benchWorker({ ...worker, define })));
  await stop();
  return workers;
}

/** Sends until the end; resolves with the requests that were sent within the recorded time. */
async function sendUntil(
  runtime: BenchRuntime,
  eventsPerMonth: number,
  window: { readonly fromMs: number; readonly toMs: number },
  realOf: (virtualMs: number) => number,
): Promise<number> {
  const url = new URL("/v1/batch", await runtime.urlOf(workerNames.edge));
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const random = randomOf(`arrivals ${eventsPerMonth}`);
  const traffic = trafficOf(`events ${eventsPerMonth}`);
  const meanGapMs = (daysPerMonth * 24 * 60 * minuteMs * eventsPerRequest) / eventsPerMonth;
  const key = writeKey();
  const pending = new Set<Promise<void>>();
  let requests = 0;
  for (let atMs = virtualStartMs; ;) {
    atMs -= Math.log(1 - random.next()) * meanGapMs;
    if (atMs >= window.toMs) break;
    await until(realOf(atMs));
    if (atMs >= window.fromMs) requests += 1;
    const sending = post(url, traffic.body(key, atMs, traffic.nextLateMs()), agent);
    pending.add(sending);
    void sending.finally(() => pending.delete(sending)).catch(() => null); // the failure is seen by those who wait below
    if (pending.size > 500) await Promise.all(pending);
  }
  await Promise.all(pending);
  agent.destroy();
  return requests;
}

async function tickEvery(
  runtime: BenchRuntime,
  name: string,
  { everyMs, toMs }: { readonly everyMs: number; readonly toMs: number },
  realOf: (virtualMs: number) => number,
  signal: AbortSignal,
): Promise<void> {
  const running = new Set<Promise<void>>();
  for (let atMs = virtualStartMs; atMs < toMs && !signal.aborted; atMs += everyMs) {
    await until(realOf(atMs));
    const run = runtime.tick(name);
    running.add(run);
    void run.finally(() => running.delete(run)).catch(() => null); // the failure is seen by those who wait below
  }
  await Promise.all(running);
}

async function countsOf(runtime: BenchRuntime): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const name of Object.values(workerNames)) {
    const reply = await fetch(`${await runtime.urlOf(name)}/counts`);
    for (const [key, value] of Object.entries((await reply.json()) as Record<string, number>)) counts.set(key, value);
  }
  return counts;
}

async function until(realMs: number): Promise<void> {
  const waitMs = realMs - Date.now();
  if (waitMs > 0) await new Promise((done) => setTimeout(done, waitMs));
}
