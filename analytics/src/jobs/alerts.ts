import type { JobState } from "./job-plan.ts";

/** Failures of a job in a row of which the operator is told. */
const failuresMin = 3;
/** An alert that has ended stays known for so long, so that one that comes and goes is told of once an hour at most. */
const endedMsMin = 3_600_000;
/** Age of a project's numbers of which the operator is told, unless ALERT_LAG_SECONDS says otherwise. */
const lagMsDefault = 3 * 3_600_000;
/** Tries to deliver one alert. */
export const deliveriesMax = 48;

/** Something that the operator should know. */
export interface Condition {
  readonly kind: "job_failing" | "suspected_lost" | "lag";
  readonly project: string;
  /** The job, of `job_failing`; else "". */
  readonly job: string;
  /** Failures in a row, events, or seconds. */
  readonly count: number;
}

/** An alert as stored. */
export interface AlertRow extends Condition {
  readonly id: string;
  readonly raisedMs: number;
  readonly sentMs: number | null;
  readonly tries: number;
  readonly nextMs: number;
}

/** Limit of lag from the variable ALERT_LAG_SECONDS, ms. */
export function lagLimitMs(text: string | undefined): number {
  return /^[1-9]\d{0,6}$/.test(text ?? "") ? Number(text) * 1000 : lagMsDefault;
}

/** Everything that is wrong now. */
export function conditionsOf(
  projects: readonly { readonly project: string; readonly asOfMs: number }[],
  states: readonly JobState[],
  nowMs: number,
  lagMs: number,
): Condition[] {
  const conditions: Condition[] = [];
  for (const { project, job, failures, step } of states) {
    if (failures >= failuresMin) conditions.push({ kind: "job_failing", project, job, count: failures });
    const lost = job === "ledger" && /^\d{1,15}$/.test(step) ? Number(step) : 0;
    if (lost > 0) conditions.push({ kind: "suspected_lost", project, job: "", count: lost });
  }
  for (const { project, asOfMs } of projects) {
    const count = Math.floor((nowMs - asOfMs) / 1000);
    if (nowMs - asOfMs > lagMs) conditions.push({ kind: "lag", project, job: "", count });
  }
  return conditions;
}

/** What follows for the stored alerts. */
export function alertChanges(
  conditions: readonly Condition[],
  alerts: readonly AlertRow[],
  nowMs: number,
): { readonly raised: readonly Condition[]; readonly ended: readonly AlertRow[] } {
  const present = new Set(conditions.map(alertKey));
  const known = new Set(alerts.map(alertKey));
  return {
    raised: conditions.filter((condition) => !known.has(alertKey(condition))),
    ended: alerts.filter((alert) => !present.has(alertKey(alert)) && nowMs - alert.raisedMs >= endedMsMin),
  };
}

/** The body of a delivery: names and numbers, never data. */
export function alertBody({ id, kind, project, job, count, raisedMs }: AlertRow): string {
  const raisedAt = new Date(raisedMs).toISOString();
  return JSON.stringify({ version: 1, id, kind, project, ...(job === "" ? {} : { job }), count, raisedAt });
}

function alertKey({ kind, project, job }: Pick<Condition, "kind" | "project" | "job">): string {
  return `${kind} ${project} ${job}`;
}
