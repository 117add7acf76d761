import { dayMs } from "../day.ts";
import { hashText } from "../slice-hash.ts";

/*
 * Which jobs there are and when they run. A roll-up runs by its own pace (rollup-pace.ts) and is listed here for its failures
 * and its history only.
 */

/** Jobs that cron runs for each project beside the roll-up. */
export const backgroundJobs = ["definitions", "reconcile", "ledger"] as const;

/** A job that cron runs beside the roll-up. */
export type BackgroundJob = (typeof backgroundJobs)[number];

/** A job with a history. */
export type JobName = BackgroundJob | "rollup" | "backfill";

/** Pause after the first failure; it doubles with each, up to an hour. */
const backOffMs = 120_000;
const backOffMsMax = 3_600_000;
/** Jobs that one tick begins: the rest waits for the next. */
const jobsPerTickMax = 8;
/** Runs of a job and project whose history is kept. */
export const runsKept = 100;

/** Where a job of a project stands. */
export interface JobState {
  readonly job: JobName;
  readonly project: string;
  /** Not before, ms. */
  readonly dueMs: number;
  /** In a row. */
  readonly failures: number;
  /** What it goes on with, or its last finding; "" for nothing. */
  readonly step: string;
}

/** How a run of a job ended, and what follows. `busy`: another run holds the lease; nothing is noted. */
export interface JobRun {
  readonly outcome: "done" | "failed" | "busy";
  /** Whether it found something to do: only such runs are noted. */
  readonly isNoted: boolean;
  /** What it read and did. */
  readonly counts: Readonly<Record<string, number>>;
  readonly step: string;
  /** When it is to run again after a success, ms from its end; 0 for at once. */
  readonly pauseMs: number;
}

/** A job to run now. */
export interface DueJob {
  readonly job: BackgroundJob;
  readonly project: string;
  readonly state: JobState;
}

/**
 * The jobs whose turn it is, the most overdue first. A job that never ran is spread over the first day, but for definitions,
 * which run at once, and again when they changed.
 */
export function dueJobs(
  projects: readonly string[],
  states: readonly JobState[],
  definitions: number,
  nowMs: number,
): { readonly due: readonly DueJob[]; readonly fresh: readonly JobState[] } {
  const known = new Map(states.map((state) => [`${state.job} ${state.project}`, state]));
  const due: DueJob[] = [];
  const fresh: JobState[] = [];
  for (const project of projects) {
    for (const job of backgroundJobs) {
      const state = known.get(`${job} ${project}`) ?? firstState(job, project, nowMs);
      if (!known.has(`${job} ${project}`)) fresh.push(state);
      const isWanted = job !== "definitions" || state.step !== String(definitions);
      if (isWanted && state.dueMs <= nowMs) due.push({ job, project, state });
    }
  }
  due.sort((a, b) => a.state.dueMs - b.state.dueMs);
  return { due: due.slice(0, jobsPerTickMax), fresh };
}

/** The state after a run. */
export function stateAfter(state: JobState, run: JobRun, nowMs: number): JobState {
  if (run.outcome !== "failed") return { ...state, dueMs: nowMs + run.pauseMs, failures: 0, step: run.step };
  const failures = state.failures + 1;
  return { ...state, failures, dueMs: nowMs + backOff(failures), step: run.step };
}

/** Pause after so many failures in a row, ms. */
export function backOff(failures: number): number {
  return Math.min(backOffMsMax, backOffMs * 2 ** Math.min(failures - 1, 10));
}

function firstState(job: BackgroundJob, project: string, nowMs: number): JobState {
  const delayMs = job === "definitions" ? 0 : hashText(`${job} ${project}`) % dayMs;
  return { job, project, dueMs: nowMs + delayMs, failures: 0, step: "" };
}
