import { dayPrefix } from "@sluice/lake";
import { dayMs, dayText, parseDay } from "../day.ts";
import { definitionsNumber } from "../jobs/definitions.ts";
import type { BackgroundJob, JobRun } from "../jobs/job-plan.ts";
import { driftedDays, partsByDay, type UploadedPart } from "../jobs/reconcile.ts";
import { ledgerAnswer } from "../ledger-answer.ts";
import { parseInputs } from "../rollup-plan.ts";
import type { Env } from "./env.ts";
import { JobStore } from "./job-store.ts";
import { ledgerFacts } from "./ledger-routes.ts";
import { settleRollup } from "./rollup-driver.ts";
import { LeaseLost, type ProjectState, RollupStore } from "./rollup-store.ts";
import { newId } from "./secrets.ts";

/** Days that one step builds anew. */
export const daysPerStep = 10;
/** A step begins no further day after this time: whoever asks for it over HTTP waits a minute and a half at most. */
const stepMsMax = 20_000;
const leasePollMs = 500;
/** Pages of R2's listing, of up to 1,000 parts, that one step compares. */
const pagesPerStep = 10;
/** A part that was uploaded so lately may still wait for its roll-up: late days wait for up to six hours. */
const quietMs = 7 * 3_600_000;
/** Days for which the logs know what is missing, and after which it counts as lost. */
const ledgerDays = { from: 35, to: 15 };

/** What a job works on. */
export interface JobTask {
  readonly project: ProjectState;
  /** What the last run left to go on with. */
  readonly step: string;
  readonly nowMs: number;
  /** Asked for by the operator: nothing is left for later. */
  readonly isAsked: boolean;
}

const noneRebuilt: Rebuilt = { built: 0, isFinished: true };
const busy: JobRun = { outcome: "busy", isNoted: false, counts: {}, step: "", pauseMs: 0 };

/** One step of a job. Throws when it fails; what it did so far is whole, and done again it changes nothing. */
export async function runStep(env: Env, job: BackgroundJob, task: JobTask): Promise<JobRun> {
  switch (job) {
    case "definitions":
      return rebuildOld(env, task);
    case "reconcile":
      return reconcile(env, task);
    case "ledger":
      return findLost(env, task);
  }
}

/** What became of days that are to be built again. */
export interface Rebuilt {
  /** Days that were built now. */
  readonly built: number;
  /** Whether all of them are; else {@link goOnRebuilding} goes on. */
  readonly isFinished: boolean;
}

/**
 * Has days of a project built again, and runs its roll-up for as long as a step may take; `null` when another run holds the
 * lease.
 *
 * @param anew also where nothing about a day has changed.
 */
export async function rebuildDays(
  env: Env,
  project: string,
  days: readonly number[],
  anew: boolean,
): Promise<Rebuilt | null> {
  const owner = newId();
  const store = new RollupStore(env.DB);
  const untilMs = Date.now() + stepMsMax;
  while (!(await store.takeLease(owner, Date.now()))) {
    if (Date.now() > untilMs) return null;
    await scheduler.wait(leasePollMs);
  }
  try {
    await new JobStore(env.DB).markDays(owner, project, days, anew);
  } catch (error) {
    if (error instanceof LeaseLost) return null;
    throw error;
  } finally {
    await store.releaseLease(owner);
  }
  return goOnRebuilding(env, project);
}

/** Goes on with days that a step had no time for. */
export async function goOnRebuilding(env: Env, project: string): Promise<Rebuilt> {
  const { rolledUpDays, failedProjects, finished } = await settleRollup(env, project, stepMsMax);
  if (failedProjects > 0) throw new Error("the roll-up failed");
  return { built: rolledUpDays, isFinished: finished };
}

/** Builds days again, the newest first, whose roll-ups were made by other definitions. */
async function rebuildOld(env: Env, { project: { project } }: JobTask): Promise<JobRun> {
  const days = await new JobStore(env.DB).daysOfOtherDefinitions(project, definitionsNumber, daysPerStep);
  if (days.length === 0) {
    return { outcome: "done", isNoted: false, counts: {}, step: String(definitionsNumber), pauseMs: 0 };
  }
  const built = await rebuildDays(
    env,
    project,
    days.map((day) => parseDay(day) ?? 0),
    false,
  );
  return built === null
    ? busy
    : { outcome: "done", isNoted: true, counts: { days: built.built }, step: "", pauseMs: 0 };
}

/** Compares what R2 lists with what was rolled up, from the day of `step` on, and has days built again that differ. */
async function reconcile(env: Env, { project: state, step, nowMs, isAsked }: JobTask): Promise<JobRun> {
  const { project } = state;
  const afterDay = parseDay(step);
  const { parts, endDay } = await listParts(env, project, afterDay);
  const listed = partsByDay(parts);
  if (endDay !== null) for (const day of listed.keys()) if (day > endDay) listed.delete(day);
  const from = afterDay === null ? "" : dayText(afterDay + dayMs);
  const to = endDay === null ? "9999-12-31" : dayText(endDay);
  const built = new Map(
    (await new JobStore(env.DB).inputs(project, from, to)).map(({ day, inputs }) => {
      const startMs = parseDay(day) ?? 0;
      return [startMs, parseInputs(inputs, dayPrefix("events", project, startMs)).parts] as const;
    }),
  );
  const waiting = new Set(isAsked ? [] : state.lateDays);
  const drifted = driftedDays({ listed, built, waiting, quietSinceMs: isAsked ? nowMs : nowMs - quietMs });
  const [first] = drifted;
  const rebuilt = first === undefined ? noneRebuilt : await rebuildDays(env, project, drifted, true);
  if (rebuilt === null) return busy;
  const run = {
    outcome: "done",
    isNoted: first !== undefined,
    counts: { parts: parts.length, days: rebuilt.built },
  } as const;
  // Days that the step had no time for still differ: the next one finds them.
  if (first !== undefined && !rebuilt.isFinished) return { ...run, step: dayText(first - dayMs), pauseMs: 0 };
  return { ...run, step: endDay === null ? "" : dayText(endDay), pauseMs: endDay === null ? dayMs : 0 };
}

/** Parts of the days after `afterDay`, and the last day of which all are there; `null` when that is the last day of all. */
async function listParts(
  env: Env,
  project: string,
  afterDay: number | null,
): Promise<{ readonly parts: readonly UploadedPart[]; readonly endDay: number | null }> {
  const prefix = `events/project=${project}/dt=`;
  const parts: UploadedPart[] = [];
  // Behind every key of that day: "~" sorts after them.
  let startAfter = afterDay === null ? prefix : `${dayPrefix("events", project, afterDay)}~`;
  for (let pages = 0; ; pages++) {
    const page = await env.LAKE.list({ prefix, startAfter });
    for (const { key, etag, size, uploaded } of page.objects) {
      parts.push({ key, etag, size, uploadedMs: uploaded.getTime() });
    }
    const last = page.objects.at(-1);
    if (!page.truncated || last === undefined) return { parts, endDay: null };
    const days = [...partsByDay(parts).keys()].sort((a, b) => a - b);
    const whole = days.at(-2);
    if (pages >= pagesPerStep - 1 && whole !== undefined) return { parts, endDay: whole };
    startAfter = last.key;
  }
}

/** Counts the events that are suspected lost; the number is the job's step. */
async function findLost(env: Env, { project: { project, shards }, nowMs }: JobTask): Promise<JobRun> {
  const today = Math.floor(nowMs / dayMs) * dayMs;
  const range = { fromMs: today - ledgerDays.from * dayMs, toMs: today - ledgerDays.to * dayMs };
  const { totals } = ledgerAnswer(project, range, null, await ledgerFacts(env, project, shards, range), nowMs);
  const lost = totals.suspectedLost ?? 0;
  return { outcome: "done", isNoted: lost > 0, counts: { suspectedLost: lost }, step: String(lost), pauseMs: dayMs };
}
