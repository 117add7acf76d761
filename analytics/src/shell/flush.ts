import type { Env } from "./env.ts";
import { flushLog } from "./flush-log.ts";
import { settleRollup } from "./rollup-driver.ts";
import { RollupStore } from "./rollup-store.ts";
import { resent } from "./send-again.ts";
import { shardLog } from "./shard-logs.ts";

/** How long a local flush waits for the queue. */
const drainMsMax = 60_000;
const drainPollMs = 100;

/** What a flush did. */
export interface FlushSummary {
  /** Whether the queue was seen empty. Only a local pipeline can tell; deployed it is `false`. */
  readonly drained: boolean;
  /** Rows that were pending in the logs and are now in the lake. */
  readonly publishedRows: number;
  readonly rolledUpDays: number;
}

/** Publishes and rolls up now: waits for the local queue, flushes every log, then runs the roll-up to its end. */
export async function flushPipeline(env: Env): Promise<FlushSummary & { readonly failedProjects: number }> {
  const drained = env.LOCAL === "1" && (await isQueueDrained(env));
  let publishedRows = 0;
  let failedProjects = 0;
  for (const { project, shards } of await new RollupStore(env.DB).projects()) {
    for (let shard = 0; shard < shards; shard++) {
      try {
        publishedRows += await flushLog(shardLog(env, project, shard));
      } catch (error) {
        failedProjects += 1;
        console.error(JSON.stringify({ message: "flush of a shard log failed", project, shard, error: String(error) }));
      }
    }
  }
  const summary = await settleRollup(env);
  const failed = failedProjects + summary.failedProjects + (summary.finished ? 0 : 1);
  return { drained, publishedRows, rolledUpDays: summary.rolledUpDays, failedProjects: failed };
}

/** Waits until the consumer has settled as many messages as the edge, and this Worker, have sent. */
async function isQueueDrained(env: Env): Promise<boolean> {
  const deadlineMs = Date.now() + drainMsMax;
  while (Date.now() < deadlineMs) {
    const sent = await counter(env, env.EDGE, "messagesSent");
    const settled = await counter(env, env.CONSUMER, "messagesSettled");
    if (sent !== null && settled !== null && settled >= sent + resent.messages) return true;
    await scheduler.wait(drainPollMs);
  }
  return false;
}

async function counter(env: Env, worker: Fetcher, name: string): Promise<number | null> {
  const headers = { authorization: `Bearer ${env.OPERATOR_TOKEN ?? ""}` };
  const response = await worker.fetch("https://internal/v1/internal/counters", { headers });
  if (!response.ok) {
    await response.body?.cancel();
    return null;
  }
  const value = new Map(Object.entries((await response.json()) as Record<string, unknown>)).get(name);
  return typeof value === "number" ? value : null;
}
