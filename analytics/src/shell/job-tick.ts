import { definitionsNumber } from "../jobs/definitions.ts";
import { type BackgroundJob, dueJobs, type JobRun, type JobState, stateAfter } from "../jobs/job-plan.ts";
import { tickAlerts } from "./alert-hook.ts";
import type { Env } from "./env.ts";
import { JobStore } from "./job-store.ts";
import { runStep } from "./job-work.ts";
import { type ProjectState, RollupStore } from "./rollup-store.ts";

/** Time after which a tick begins no further job. */
const tickMsMax = 60_000;

/** Runs the jobs whose turn it is, then tells the operator of what is wrong. Reads a few rows when there is nothing. */
export async function tickJobs(env: Env): Promise<void> {
  const startedMs = Date.now();
  const store = new JobStore(env.DB);
  const projects = new Map((await new RollupStore(env.DB).projects()).map((state) => [state.project, state]));
  const { due, fresh } = dueJobs([...projects.keys()], await store.states(), definitionsNumber, startedMs);
  await store.putStates(fresh);
  for (const { job, project, state } of due) {
    const known = projects.get(project);
    if (known === undefined || Date.now() - startedMs > tickMsMax) continue;
    await runJob(env, store, job, known, state, false);
  }
  await tickAlerts(env, [...projects.values()], await store.states(), Date.now());
}

/** Runs one step of a job under its lease, and notes how it went. */
export async function runJob(
  env: Env,
  store: JobStore,
  job: BackgroundJob,
  project: ProjectState,
  state: JobState,
  isAsked: boolean,
): Promise<JobRun> {
  const startedMs = Date.now();
  const owner = await store.takeLease(job, project.project, startedMs);
  if (owner === null) return { outcome: "busy", isNoted: false, counts: {}, step: state.step, pauseMs: 0 };
  try {
    const { run, error } = await attempt(env, job, project, state, isAsked);
    if (run.outcome === "busy") return run;
    const endedMs = Date.now();
    const { outcome, counts } = run;
    await store.putStates([stateAfter(state, run, endedMs)]);
    if (run.isNoted) {
      await store.noteRun({ job, project: project.project, startedMs, endedMs, outcome, counts, error });
    }
    return run;
  } finally {
    await store.releaseLease(job, project.project, owner);
  }
}

async function attempt(
  env: Env,
  job: BackgroundJob,
  project: ProjectState,
  { step }: JobState,
  isAsked: boolean,
): Promise<{ readonly run: JobRun; readonly error: string | null }> {
  try {
    return { run: await runStep(env, job, { project, step, nowMs: Date.now(), isAsked }), error: null };
  } catch (error) {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    console.error(JSON.stringify({ message: "a job failed", job, project: project.project, error: text }));
    return { run: { outcome: "failed", isNoted: true, counts: {}, step, pauseMs: 0 }, error: text };
  }
}
