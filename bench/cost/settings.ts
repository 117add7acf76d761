import { join } from "node:path";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import type { V4WorkerOptions } from "miniflare";
import { projectRoot } from "../../tools/project-root.ts";
import type { Settings } from "./activity.ts";

const minutesPerMonth = 30 * 24 * 60;

/** The settings of the wrangler.jsonc files that decide how often something happens. */
export function deployedSettings(): Settings {
  const consumer = workerOptions("queue-consumer");
  const queues = new Map(Object.entries(consumer.queueConsumers ?? {}));
  const events = queues.get("sluice-events") as { maxBatchSize?: number; maxBatchTimeout?: number } | undefined;
  const seconds = (name: string): number => numberIn(consumer, name);
  return {
    publish: {
      publishMs: seconds("PUBLISH_SECONDS") * 1000,
      publishOldMs: seconds("PUBLISH_OLD_SECONDS") * 1000,
      publishOldRows: seconds("PUBLISH_OLD_ROWS"),
    },
    liveMs: seconds("LIVE_SECONDS") * 1000,
    batchMessagesMax: events?.maxBatchSize ?? Number.NaN,
    batchWaitMs: (events?.maxBatchTimeout ?? Number.NaN) * 1000,
    rollupMs: numberIn(workerOptions("analytics"), "ROLLUP_SECONDS") * 1000,
    isAskedFor: false,
    registryLooksPerMinute: 60 / numberIn(workerOptions("worker"), "REGISTRY_REFRESH_SECONDS"),
    cronsPerMonth: {
      edge: runsPerMonth(workerOptions("worker")),
      consumer: runsPerMonth(consumer),
      analytics: runsPerMonth(workerOptions("analytics")),
    },
  };
}

function workerOptions(folder: string): V4WorkerOptions {
  const { workerOptions: options } = unstable_getMiniflareWorkerOptions(join(projectRoot, folder, "wrangler.jsonc"));
  return options as unknown as V4WorkerOptions;
}

function numberIn(worker: V4WorkerOptions, name: string): number {
  const value = Number(new Map(Object.entries(worker.bindings ?? {})).get(name));
  if (!Number.isFinite(value)) throw new Error(`${name} is not a number in wrangler.jsonc`);
  return value;
}

/** Runs of a Worker's crons in 30 days; of the patterns, those that these Workers use. */
function runsPerMonth(worker: V4WorkerOptions): number {
  return (worker.cronTriggers ?? []).reduce((sum, cron) => {
    const step = /^\*(?:\/(\d+))? \* \* \* \*$/.exec(cron);
    if (step === null) throw new Error(`the cron ${cron} is not one of every N minutes`);
    return sum + minutesPerMonth / Number(step[1] ?? 1);
  }, 0);
}
