import type { D1Database } from "@cloudflare/workers-types";
import { dayText } from "../day.ts";
import type { AlertRow, Condition } from "../jobs/alerts.ts";
import { type JobName, type JobState, runsKept } from "../jobs/job-plan.ts";
import { joinDays, lateDaysText, parseLateDays } from "../rollup-plan.ts";
import { LeaseLost } from "./rollup-store.ts";
import { newId } from "./secrets.ts";

/** For how long a job's lease holds: longer than a step takes. */
const jobLeaseMs = 300_000;
/** Characters of an error that are kept. */
const errorLengthMax = 300;

/** A run as the history tells it. Times in ms. */
export interface StoredRun {
  readonly job: JobName;
  readonly project: string;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly outcome: "done" | "failed";
  readonly counts: Readonly<Record<string, number>>;
  /** Of a roll-up: SHA-256 of the keys and etags that it read; absent or "" for none. */
  readonly inputs?: string;
  readonly error: string | null;
}

/** States, history, leases and alerts of jobs in D1. */
export class JobStore {
  readonly #db: D1Database;

  constructor(db: D1Database) {
    this.#db = db;
  }

  async states(): Promise<JobState[]> {
    const sql = "SELECT job, project, due_at AS dueMs, failures, step FROM job";
    return (await this.#db.prepare(sql).all<JobState & Record<string, unknown>>()).results;
  }

  /** Writes states, each only if it changed. */
  async putStates(states: readonly JobState[]): Promise<void> {
    const sql = `INSERT INTO job (job, project, due_at, failures, step) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (job, project) DO UPDATE SET due_at = excluded.due_at, failures = excluded.failures, step = excluded.step
      WHERE due_at <> excluded.due_at OR failures <> excluded.failures OR step <> excluded.step`;
    const statements = states.map(({ job, project, dueMs, failures, step }) => {
      return this.#db.prepare(sql).bind(job, project, dueMs, failures, step);
    });
    if (statements.length > 0) await this.#db.batch(statements);
  }

  /** Forgets the state of a job that has none but failures. */
  async dropState({ job, project }: Pick<JobState, "job" | "project">): Promise<void> {
    await this.#db.prepare("DELETE FROM job WHERE job = ? AND project = ?").bind(job, project).run();
  }

  /** Notes a run in the place of the oldest one: one row written. */
  async noteRun(run: StoredRun): Promise<void> {
    const sql = `INSERT INTO job_run (job, project, slot, started_at, ended_at, outcome, counts, error, inputs)
      SELECT ?1, ?2, coalesce((SELECT slot + 1 FROM job_run WHERE job = ?1 AND project = ?2
        ORDER BY started_at DESC, ended_at DESC, slot DESC LIMIT 1), 0) % ${runsKept}, ?3, ?4, ?5, ?6, ?7, ?8
      WHERE true
      ON CONFLICT (job, project, slot) DO UPDATE SET started_at = excluded.started_at, ended_at = excluded.ended_at,
        outcome = excluded.outcome, counts = excluded.counts, error = excluded.error,
        inputs = excluded.inputs`;
    const { job, project, startedMs, endedMs, outcome, counts, inputs = "", error } = run;
    const text = error === null ? null : error.slice(0, errorLengthMax);
    const values = [job, project, startedMs, endedMs, outcome, JSON.stringify(counts), text, inputs];
    await this.#db
      .prepare(sql)
      .bind(...values)
      .run();
  }

  /** The last runs, the newest first. */
  async runs(limit: number): Promise<StoredRun[]> {
    const sql = `SELECT job, project, started_at AS startedMs, ended_at AS endedMs, outcome, counts, error, inputs
      FROM job_run ORDER BY ended_at DESC LIMIT ?`;
    const { results } = await this.#db
      .prepare(sql)
      .bind(limit)
      .all<Omit<StoredRun, "counts"> & { readonly counts: string }>();
    return results.map((row) => ({ ...row, counts: JSON.parse(row.counts) as StoredRun["counts"] }));
  }

  /** Takes the lease of a job and project; `null` when another run holds it. One whose time is over is taken over. */
  async takeLease(job: JobName, project: string, nowMs: number): Promise<string | null> {
    const sql = `INSERT INTO lease (name, owner, until) VALUES (?1, ?2, ?3)
      ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until WHERE lease.until <= ?4
      RETURNING owner`;
    const owner = newId();
    const bound = this.#db.prepare(sql).bind(`${job}:${project}`, owner, nowMs + jobLeaseMs, nowMs);
    return (await bound.first()) === null ? null : owner;
  }

  async releaseLease(job: JobName, project: string, owner: string): Promise<void> {
    const sql = "DELETE FROM lease WHERE name = ? AND owner = ?";
    await this.#db.prepare(sql).bind(`${job}:${project}`, owner).run();
  }

  /**
   * Has days of a project built again by its next roll-up, under the roll-up's lease, which keeps the list of such days from
   * being written by two at once.
   *
   * @param anew also where nothing about a day has changed.
   */
  async markDays(owner: string, project: string, days: readonly number[], anew: boolean): Promise<void> {
    const read = "SELECT coalesce(late_days, '[]') AS lateDays FROM project_rollup WHERE project = ?";
    const row = await this.#db.prepare(read).bind(project).first<{ readonly lateDays: string }>();
    const lateDays = lateDaysText(joinDays(days, row === null ? [] : parseLateDays(row.lateDays)));
    const held = "EXISTS (SELECT 1 FROM lease WHERE name = 'rollup' AND owner = ?1)";
    const late = `INSERT INTO project_rollup (project, as_of, late_days)
      SELECT project, created_at, ?3 FROM project WHERE project = ?2 AND ${held}
      ON CONFLICT (project) DO UPDATE SET late_days = excluded.late_days`;
    const forget = `UPDATE rollup_day SET definitions = 0 WHERE project = ?2 AND day = ?3 AND ${held}`;
    const results = await this.#db.batch([
      this.#db.prepare(late).bind(owner, project, lateDays),
      ...(anew ? days.map((day) => this.#db.prepare(forget).bind(owner, project, dayText(day))) : []),
      this.#db.prepare("SELECT 1 FROM lease WHERE name = 'rollup' AND owner = ?").bind(owner),
    ]);
    if (results.at(-1)?.results.length !== 1) throw new LeaseLost("another run holds the lease");
  }

  /** Days of a project, the newest first, that were built with other definitions than these. */
  async daysOfOtherDefinitions(project: string, definitions: number, limit: number): Promise<string[]> {
    const sql = "SELECT day FROM rollup_day WHERE project = ? AND definitions <> ? ORDER BY day DESC LIMIT ?";
    const { results } = await this.#db.prepare(sql).bind(project, definitions, limit).all<{ readonly day: string }>();
    return results.map(({ day }) => day);
  }

  /** What days from `from` to `to` (both inclusive, texts) were built from. */
  async inputs(
    project: string,
    from: string,
    to: string,
  ): Promise<{ readonly day: string; readonly inputs: string }[]> {
    const sql = "SELECT day, inputs FROM rollup_day WHERE project = ? AND day >= ? AND day <= ?";
    const bound = this.#db.prepare(sql).bind(project, from, to);
    return (await bound.all<{ readonly day: string; readonly inputs: string }>()).results;
  }

  async alerts(): Promise<AlertRow[]> {
    const sql = `SELECT kind, project, job, id, count, raised_at AS raisedMs, sent_at AS sentMs, tries, next_at AS nextMs
      FROM alert`;
    return (await this.#db.prepare(sql).all<AlertRow & Record<string, unknown>>()).results;
  }

  async raise(conditions: readonly Condition[], nowMs: number): Promise<void> {
    const sql = `INSERT INTO alert (kind, project, job, id, count, raised_at, tries, next_at)
      VALUES (?, ?, ?, ?, ?, ?, 0, ?) ON CONFLICT DO NOTHING`;
    const statements = conditions.map(({ kind, project, job, count }) => {
      return this.#db.prepare(sql).bind(kind, project, job, newId(), count, nowMs, nowMs);
    });
    if (statements.length > 0) await this.#db.batch(statements);
  }

  async end(alerts: readonly AlertRow[]): Promise<void> {
    const statements = alerts.map(({ id }) => this.#db.prepare("DELETE FROM alert WHERE id = ?").bind(id));
    if (statements.length > 0) await this.#db.batch(statements);
  }

  /** Takes an alert for delivery, so that no other run sends it too; `false` when one has. */
  async takeAlert({ id, tries }: AlertRow, nextMs: number): Promise<boolean> {
    const sql =
      "UPDATE alert SET tries = tries + 1, next_at = ? WHERE id = ? AND tries = ? AND sent_at IS NULL RETURNING id";
    return (await this.#db.prepare(sql).bind(nextMs, id, tries).first()) !== null;
  }

  async alertSent({ id }: AlertRow, nowMs: number): Promise<void> {
    await this.#db.prepare("UPDATE alert SET sent_at = ? WHERE id = ?").bind(nowMs, id).run();
  }
}
