import type { D1Database, D1PreparedStatement } from "@cloudflare/workers-types";
import type { ChangePage } from "@sluice/schema";
import { dayText } from "../day.ts";
import { grouped } from "../grouped.ts";
import { type Dimension, parseDimensions } from "../dimensions.ts";
import type { EventFamily, UserFamily } from "../rollup-body.ts";
import { lateDaysText, parseLateDays } from "../rollup-plan.ts";
import type { Meter } from "./meter.ts";

/** How long a lease holds without being renewed. */
export const leaseMs = 60_000;
/** A lease that ends later than this was written under a clock that was far ahead, and is void: else it held for hours. */
const leaseAheadMsMax = 2 * leaseMs;
const leaseName = "rollup";
const holdsLease = "EXISTS (SELECT 1 FROM lease WHERE name = 'rollup' AND owner = ?1)";

/** Thrown when another run took over; what this one has written so far is whole. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

/** A project as a run sees it. */
export interface ProjectState {
  readonly project: string;
  readonly shards: number;
  /** The zone whose local days its users are counted by. */
  readonly timezone: string;
  /** The currency of events that state none. */
  readonly currency: string;
  readonly dimensions: readonly Dimension[];
  readonly asOfMs: number;
  /** Cron leaves the project alone until then. */
  readonly dueMs: number;
  /** When somebody last asked for its numbers; 0 for never. */
  readonly askedMs: number;
  /** First day (ms) whose users wait for a recount because a link changed. */
  readonly recountFromMs: number | null;
  /** First day (ms) whose users changed since weekly and monthly users were last counted. */
  readonly trailFromMs: number | null;
  /** When they were last counted; 0 before the first time. */
  readonly trailAsOfMs: number;
  /** Days that late events changed before the cursors, and that wait to be built again. */
  readonly lateDays: readonly number[];
  readonly cursors: ReadonlyMap<number, Cursor>;
}

/** Position in the outbox of a shard's log. */
export interface Cursor {
  readonly birthId: ChangePage["birthId"];
  readonly change: number;
}

/** A day's row. Inputs, marts and links are texts of rollup-plan.ts, marts.ts and few-links.ts. */
export interface StoredDay {
  readonly day: string;
  readonly inputs: string;
  readonly userMarts: string;
  readonly linkMarts: string;
  readonly fewLinks: string;
  /** Of the KPIs that it was built for; see jobs/definitions.ts. */
  readonly definitions: number;
}

/** The links of a day: a mart, or few in the row. */
export type LinkDay = Pick<StoredDay, "day" | "linkMarts" | "fewLinks">;

/** Days whose links one query answers with: at most 2 MB of few links. */
const linkDaysPerPage = 64;
/** Statements of one transaction. */
const statementsPerBatch = 90;

/** The roll-ups' rows in D1. Writes take the owner of the lease and write nothing when it is no longer the owner. */
export class RollupStore {
  readonly #db: D1Database;
  readonly #meter: Pick<Meter, "addRowsWritten"> | null;

  /** @param meter told of the rows that are written under the lease. */
  constructor(db: D1Database, meter: Pick<Meter, "addRowsWritten"> | null = null) {
    this.#db = db;
    this.#meter = meter;
  }

  /** Takes or renews the lease; `false` when another run holds it. */
  async takeLease(owner: string, nowMs: number): Promise<boolean> {
    const sql = `INSERT INTO lease (name, owner, until) VALUES (?1, ?2, ?3)
      ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
      WHERE lease.owner = excluded.owner OR lease.until NOT BETWEEN ?4 + 1 AND ?5 RETURNING owner`;
    return (
      (await this.#db
        .prepare(sql)
        .bind(leaseName, owner, nowMs + leaseMs, nowMs, nowMs + leaseAheadMsMax)
        .first()) !== null
    );
  }

  async releaseLease(owner: string): Promise<void> {
    await this.#db.prepare("DELETE FROM lease WHERE name = ? AND owner = ?").bind(leaseName, owner).run();
  }

  /** Every project, deleted ones too: their data stays, and some may still be in flight. */
  async projects(): Promise<ProjectState[]> {
    const [projects, cursors] = await this.#db.batch([
      this.#db
        .prepare(`SELECT p.project, p.shards, p.timezone, p.currency, p.dimensions, coalesce(r.as_of, p.created_at) AS as_of,
        coalesce(r.due_at, 0) AS due_at, coalesce(r.asked_at, 0) AS asked_at, r.recount_from, r.trail_from,
        coalesce(r.trail_as_of, 0) AS trail_as_of,
        coalesce(r.late_days, '[]') AS late_days
        FROM project p LEFT JOIN project_rollup r ON r.project = p.project ORDER BY p.project`),
      this.#db.prepare("SELECT project, shard, birth_id, change FROM outbox_cursor"),
    ]);
    const byProject = grouped((cursors?.results ?? []) as CursorRow[], (row) => row.project);
    return ((projects?.results ?? []) as ProjectRow[]).map((row) => {
      const own = byProject.get(row.project) ?? [];
      const positions = own.map(
        (cursor) => [cursor.shard, { birthId: cursor.birth_id, change: cursor.change }] as const,
      );
      return {
        project: row.project,
        shards: row.shards,
        timezone: row.timezone,
        currency: row.currency,
        dimensions: parseDimensions(row.dimensions),
        asOfMs: row.as_of,
        dueMs: row.due_at,
        askedMs: row.asked_at,
        recountFromMs: row.recount_from,
        trailFromMs: row.trail_from,
        trailAsOfMs: row.trail_as_of,
        lateDays: parseLateDays(row.late_days),
        cursors: new Map(positions),
      };
    });
  }

  async day(project: string, dayStartMs: number): Promise<StoredDay | null> {
    const sql = `SELECT day, inputs, user_marts AS userMarts, link_marts AS linkMarts, few_links AS fewLinks, definitions
      FROM rollup_day WHERE project = ? AND day = ?`;
    return this.#db.prepare(sql).bind(project, dayText(dayStartMs)).first<StoredDay>();
  }

  /** The rows of a UTC day's events, by family. */
  async bodies(project: string, day: string): Promise<Map<string, string>> {
    const sql = "SELECT family, body FROM rollup WHERE project = ? AND day = ? AND instr(family, '@') = 0";
    const { results } = await this.#db.prepare(sql).bind(project, day).all<{ family: string; body: string }>();
    return new Map(results.map(({ family, body }) => [family, body]));
  }

  /** Writes a day's rows in one transaction, each only if it changed; `recountFromMs` asks for a recount. */
  async writeDay(owner: string, project: string, day: DayWrite): Promise<void> {
    const upsert = `INSERT INTO rollup (project, day, family, body) SELECT ?2, ?3, ?4, ?5 WHERE ${holdsLease}
      ON CONFLICT (project, day, family) DO UPDATE SET body = excluded.body WHERE body <> excluded.body`;
    const dayRow = `INSERT INTO rollup_day (project, day, inputs, user_marts, link_marts, few_links, definitions)
      SELECT ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE ${holdsLease}
      ON CONFLICT (project, day) DO UPDATE SET inputs = excluded.inputs, user_marts = excluded.user_marts,
        link_marts = excluded.link_marts, few_links = excluded.few_links, definitions = excluded.definitions,
        counted_users = CASE WHEN definitions = excluded.definitions THEN counted_users END
      WHERE inputs <> excluded.inputs OR user_marts <> excluded.user_marts OR link_marts <> excluded.link_marts
        OR few_links <> excluded.few_links OR definitions <> excluded.definitions`;
    const statements = day.bodies.map(([family, body]) => {
      return this.#db.prepare(upsert).bind(owner, project, day.day, family, body);
    });
    const { inputs, userMarts, linkMarts, fewLinks, definitions } = day;
    statements.push(
      this.#db.prepare(dayRow).bind(owner, project, day.day, inputs, userMarts, linkMarts, fewLinks, definitions),
    );
    if (day.trailFromMs !== null) {
      // min() of SQLite is null when one of its arguments is; there is nothing earlier than an absent first day.
      const sql = `INSERT INTO project_rollup (project, as_of, recount_from, trail_from)
        SELECT project, created_at, ?3, ?4 FROM project WHERE project = ?2 AND ${holdsLease}
        ON CONFLICT (project) DO UPDATE SET
          recount_from = coalesce(min(recount_from, ?3), recount_from, ?3),
          trail_from = coalesce(min(trail_from, ?4), trail_from, ?4)
        WHERE recount_from IS NOT coalesce(min(recount_from, ?3), recount_from, ?3)
          OR trail_from IS NOT coalesce(min(trail_from, ?4), trail_from, ?4)`;
      statements.push(this.#db.prepare(sql).bind(owner, project, day.recountFromMs, day.trailFromMs));
    }
    await this.#fenced(owner, statements);
  }

  /** Every day of a project that was built, in order, and whether its users wait to be counted: its own mart changed or, if `withLinked`, a link that may touch it did. */
  async userDays(project: string, withLinked: boolean): Promise<UserDayRow[]> {
    const sql = `SELECT day, user_marts AS userMarts,
        counted_users IS NULL OR counted_users <> user_marts OR (?2 AND day >= coalesce((SELECT
          strftime('%Y-%m-%d', max(recount_from, 0) / 1000, 'unixepoch') FROM project_rollup WHERE project = ?1), '9')) AS waits
      FROM rollup_day WHERE project = ?1 ORDER BY day`;
    const bound = this.#db.prepare(sql).bind(project, withLinked ? 1 : 0);
    return (await bound.all<UserDayRow & Record<string, unknown>>()).results;
  }

  /** Days that have links, a page at a time, in order. */
  async *linkDays(project: string): AsyncGenerator<LinkDay[]> {
    const sql = `SELECT day, link_marts AS linkMarts, few_links AS fewLinks FROM rollup_day
      WHERE project = ? AND day > ? AND (link_marts <> '[]' OR few_links <> '[]') ORDER BY day LIMIT ?`;
    for (let after = ""; ;) {
      const bound = this.#db.prepare(sql).bind(project, after, linkDaysPerPage);
      const days = (await bound.all<LinkDay>()).results;
      if (days.length > 0) yield days;
      const last = days.at(-1);
      if (last === undefined || days.length < linkDaysPerPage) return;
      after = last.day;
    }
  }

  /** Writes rows of users, each only if it changed, and from which marts days were counted. */
  async writeUsers(
    owner: string,
    project: string,
    rows: readonly UserRow[],
    counted: readonly CountedDay[],
  ): Promise<void> {
    const upsert = `INSERT INTO rollup (project, day, family, body) SELECT ?2, ?3, ?4, ?5 WHERE ${holdsLease}
      ON CONFLICT (project, day, family) DO UPDATE SET body = excluded.body WHERE body <> excluded.body`;
    const countedSql = `UPDATE rollup_day SET counted_users = ?4
      WHERE project = ?2 AND day = ?3 AND counted_users IS NOT ?4 AND ${holdsLease}`;
    const statements = [
      ...rows.map(({ day, family, body }) => this.#db.prepare(upsert).bind(owner, project, day, family, body)),
      ...counted.map(({ day, userMarts }) => this.#db.prepare(countedSql).bind(owner, project, day, userMarts)),
    ];
    for (let start = 0; start < statements.length; start += statementsPerBatch) {
      await this.#fenced(owner, statements.slice(start, start + statementsPerBatch));
    }
  }

  /** What is held of the families and days of some rows: body by family and day. */
  async userRows(project: string, rows: readonly UserRow[]): Promise<Map<string, string>> {
    const days = rows.map((row) => row.day).sort();
    const families = JSON.stringify([...new Set(rows.map((row) => row.family))]);
    const sql = `SELECT day, family, body FROM rollup WHERE project = ? AND day >= ? AND day <= ?
      AND family IN (SELECT value FROM json_each(?))`;
    const bound = this.#db.prepare(sql).bind(project, days[0] ?? "", days.at(-1) ?? "", families);
    const held = (await bound.all<{ day: string; family: string; body: string }>()).results;
    return new Map(held.map(({ day, family, body }) => [`${family} ${day}`, body]));
  }

  /** Weekly and monthly users are counted as of `asOfMs`; none of them waits. */
  async trailCounted(owner: string, project: string, asOfMs: number): Promise<void> {
    const sql = `UPDATE project_rollup SET trail_from = NULL, trail_as_of = ?3 WHERE project = ?2 AND ${holdsLease}`;
    await this.#fenced(owner, [this.#db.prepare(sql).bind(owner, project, asOfMs)]);
  }

  /** Days before `fromMs` no longer wait for a recount; `null`: none does. */
  async setRecountFrom(owner: string, project: string, fromMs: number | null): Promise<void> {
    const sql = `UPDATE project_rollup SET recount_from = ?3
      WHERE project = ?2 AND recount_from IS NOT NULL AND ${holdsLease}`;
    await this.#fenced(owner, [this.#db.prepare(sql).bind(owner, project, fromMs)]);
  }

  /** Forgets what a day was built from, so that the next run builds it again. */
  async forgetDay(owner: string, project: string, dayStartMs: number): Promise<void> {
    const sql = `UPDATE rollup_day SET inputs = '[]', counted_users = NULL WHERE project = ?2 AND day = ?3 AND ${holdsLease}`;
    await this.#fenced(owner, [this.#db.prepare(sql).bind(owner, project, dayText(dayStartMs))]);
  }

  /** Moves the cursors of a project: everything before them is rolled up, late days aside. Cron comes again from `dueMs` on. */
  async advance(
    owner: string,
    project: string,
    cursors: ReadonlyMap<number, Cursor>,
    { asOfMs, dueMs, lateDays }: Pick<ProjectState, "asOfMs" | "dueMs" | "lateDays">,
  ): Promise<void> {
    const cursorSql = `INSERT INTO outbox_cursor (project, shard, birth_id, change) SELECT ?2, ?3, ?4, ?5
      WHERE ${holdsLease}
      ON CONFLICT (project, shard) DO UPDATE SET birth_id = excluded.birth_id, change = excluded.change`;
    const statements = [...cursors].map(([shard, { birthId, change }]) => {
      return this.#db.prepare(cursorSql).bind(owner, project, shard, birthId, change);
    });
    const asOf = `INSERT INTO project_rollup (project, as_of, due_at, late_days) SELECT ?2, ?3, ?4, ?5 WHERE ${holdsLease}
      ON CONFLICT (project) DO UPDATE SET as_of = max(as_of, excluded.as_of), due_at = excluded.due_at,
        late_days = excluded.late_days`;
    const bound = this.#db.prepare(asOf).bind(owner, project, asOfMs, dueMs, lateDaysText(lateDays));
    await this.#fenced(owner, [...statements, bound]);
  }

  /** States that projects without changes are up to date. Needs no lease: their cursors say so. */
  async setAsOf(projects: readonly string[], asOfMs: number): Promise<void> {
    const sql = `INSERT INTO project_rollup (project, as_of) VALUES (?1, ?2)
      ON CONFLICT (project) DO UPDATE SET as_of = max(as_of, excluded.as_of)`;
    const statements = projects.map((project) => this.#db.prepare(sql).bind(project, asOfMs));
    if (statements.length > 0) await this.#db.batch(statements);
  }

  /** Notes that somebody asked for a project's numbers. Needs no lease: a roll-up only reads it. */
  async noteQuestion(project: string, nowMs: number): Promise<void> {
    const sql = `INSERT INTO project_rollup (project, as_of, asked_at)
      SELECT project, created_at, ?2 FROM project WHERE project = ?1
      ON CONFLICT (project) DO UPDATE SET asked_at = max(asked_at, excluded.asked_at)`;
    await this.#db.prepare(sql).bind(project, nowMs).run();
  }

  async #fenced(owner: string, statements: readonly D1PreparedStatement[]): Promise<void> {
    const check = this.#db.prepare("SELECT 1 FROM lease WHERE name = ? AND owner = ?").bind(leaseName, owner);
    const results = await this.#db.batch([...statements, check]);
    this.#meter?.addRowsWritten(results.reduce((sum, { meta }) => sum + meta.rows_written, 0));
    if (results.at(-1)?.results.length !== 1) throw new LeaseLost("another run holds the lease");
  }
}

/** A day as built. */
export interface DayWrite {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly bodies: readonly (readonly [EventFamily, string])[];
  readonly inputs: string;
  readonly userMarts: string;
  readonly linkMarts: string;
  readonly fewLinks: string;
  readonly definitions: number;
  /** First day (ms) that a changed link touches; `null` when none changed. */
  readonly recountFromMs: number | null;
  /** First day (ms) whose users changed; `null` when none did. */
  readonly trailFromMs: number | null;
}

/** A day's mart of users. */
export interface UserDayRow extends CountedDay {
  /** 1 when its users wait to be counted, else 0. */
  readonly waits: number;
}

/** A day whose users are counted, and the text of the mart that they were counted from. */
export interface CountedDay {
  readonly day: string;
  readonly userMarts: string;
}

/** A row of users of a local period. */
export interface UserRow {
  /** Its first day. */
  readonly day: string;
  readonly family: UserFamily;
  readonly body: string;
}

interface ProjectRow {
  readonly project: string;
  readonly shards: number;
  readonly as_of: number;
  readonly due_at: number;
  readonly asked_at: number;
  readonly timezone: string;
  readonly currency: string;
  readonly dimensions: string;
  readonly recount_from: number | null;
  readonly trail_from: number | null;
  readonly trail_as_of: number;
  readonly late_days: string;
}

interface CursorRow {
  readonly project: string;
  readonly shard: number;
  readonly birth_id: string;
  readonly change: number;
}
