import type { Env } from "./env.ts";
import { rollupPaceMs } from "../rollup-pace.ts";
import { RollupLog } from "./rollup-log.ts";
import { runRollup, type RunSummary } from "./rollup-run.ts";

/** The longest pause after a run, so that freshness stays bounded. */
const restMsMax = 10_000;
/** How long a settled roll-up is waited for. */
const settleMsMax = 600_000;
const settlePollMs = 200;

/** When this isolate may run again. Only a pace: the lease in D1 keeps two runs apart. */
let restUntilMs = 0;

/**
 * One run, unless the last one that built something ended less than its own duration ago (at most 10 s):
 * a backfill that changes thirty days every second then takes half of the machine, not all of it.
 */
export async function tickRollup(env: Env): Promise<RunSummary | null> {
  const startedMs = Date.now();
  if (startedMs < restUntilMs) return null;
  const log = await RollupLog.read(env.DB);
  const options = { resting: log.resting(startedMs), only: null, untilMs: Infinity, ended: log.ended };
  const summary = await runRollup(env, () => Date.now(), rollupPaceMs(env.ROLLUP_SECONDS), options);
  const endedMs = Date.now();
  if (summary.rolledUpDays > 0) restUntilMs = endedMs + Math.min(endedMs - startedMs, restMsMax);
  return summary;
}

/**
 * Runs until everything published before is rolled up, also when another run has to end first.
 *
 * @param only this project alone.
 * @param withinMs time after which no further day is begun; what is left is not `finished` then.
 */
export async function settleRollup(
  env: Env,
  only: string | null = null,
  withinMs: number = settleMsMax,
): Promise<RunSummary> {
  const deadlineMs = Date.now() + withinMs;
  const log = await RollupLog.read(env.DB);
  const options = { resting: new Set<string>(), only, untilMs: deadlineMs, ended: log.ended };
  let rolledUpDays = 0;
  for (;;) {
    const summary = await runRollup(env, () => Date.now(), 0, options);
    rolledUpDays += summary.rolledUpDays;
    if (summary.finished || summary.failedProjects > 0 || Date.now() > deadlineMs) return { ...summary, rolledUpDays };
    await scheduler.wait(settlePollMs);
  }
}
