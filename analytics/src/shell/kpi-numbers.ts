import { fail, ok, type Result } from "@sluice/schema";
import { dayMs, dayOf, dayText, graceMs, parseDay } from "../day.ts";
import { EventNumbers } from "../event-numbers.ts";
import { alwaysCounted } from "../fold.ts";
import type { Sources } from "../kpi-answer.ts";
import type { KpiQuestion } from "../kpi-params.ts";
import { type NumberPlan, numberPlan } from "../number-sources.ts";
import type { Period } from "../period.ts";
import type { Problem } from "../problem.ts";
import { rollupsByDay, type StoredRollup } from "../rollup-body.ts";
import { LocalDays, tzdataVersion } from "../time-zone.ts";
import { storedUsers } from "../user-numbers.ts";
import { readCampaigns } from "./campaign-credits.ts";
import type { Env } from "./env.ts";
import { countUsers } from "./question-users.ts";

/** What of a project decides its numbers. */
export interface KpiProject {
  readonly project: string;
  readonly timezone: string;
  readonly currency: string;
  readonly hasTrail: boolean;
  /** When its last roll-up began, ms. */
  readonly asOfMs: number;
}

/** What the roll-ups of days that are not complete were made of. */
export interface OpenDays {
  /** The first of them, ms. */
  readonly fromMs: number;
  /** From two days before on, as a local day may begin there. */
  readonly days: readonly OpenDay[];
  /** The logs that they were made of: birth id by shard. */
  readonly birthIds: readonly (readonly [number, string])[];
}

/** The first UTC day that {@link OpenDays} holds, ms. */
export function openDaysFromMs({ fromMs }: Pick<OpenDays, "fromMs">): number {
  return fromMs - 2 * dayMs;
}

/** A UTC day's inputs and mart, as texts of rollup-plan.ts and marts.ts. */
interface OpenDay {
  readonly startMs: number;
  readonly inputs: string;
  readonly userMarts: string;
  /** 1 when its users may wait to be counted, else 0. */
  readonly waits: number;
}

/** What a question is answered from, as of the roll-ups. */
export type StoredSources = Omit<Sources, "live"> & { readonly open: OpenDays };

/** Reads what answers a question; refused where no row holds it and counting it would read too much. */
export async function readSources(
  env: Pick<Env, "DB" | "LAKE">,
  of: KpiProject,
  question: KpiQuestion,
): Promise<Result<StoredSources, Problem>> {
  const local = new LocalDays(question.timezone);
  const plan = numberPlan(question, of, local);
  const { rows, open } = await readRows(env.DB, of, plan);
  const users =
    plan.count === null ? ok(storedUsers(rows, question.timezone)) : await countUsers(env, of, question, plan.count);
  if (!users.ok) return users;
  const events = new EventNumbers([rollupsByDay(rows)], of.currency);
  const { conversion } = question;
  if (!alwaysCounted.includes(conversion) && events.tracked(wholeOf(plan), conversion) === null) {
    return fail(notKept(conversion));
  }
  const campaigns = await readCampaigns(env, of, question, events, local);
  if (!campaigns.ok) return campaigns;
  return ok({
    events,
    users: users.value,
    campaigns: campaigns.value,
    local,
    tzdata: tzdataVersion(statedTzdata()),
    open,
  });
}

function wholeOf({ fromMs, toMs, userDays }: NumberPlan): Period {
  return { start: "", firstDay: userDays[0], fromMs, toMs: toMs + dayMs };
}

/** What the runtime says about its time zone data; the types of Workers do not know of `process`. */
function statedTzdata(): string | undefined {
  const { process } = globalThis as { readonly process?: { readonly versions?: Readonly<Record<string, string>> } };
  return process?.versions?.["tz"];
}

/** Rows of events of the plan's UTC days, of users of its local days, and open days, as of one instant: one transaction. */
async function readRows(
  db: D1Database,
  { project, asOfMs }: KpiProject,
  plan: NumberPlan,
): Promise<{ readonly rows: StoredRollup[]; readonly open: OpenDays }> {
  const [firstDay, lastDay] = plan.userDays;
  const from = dayText(Math.min(plan.fromMs, firstDay * dayMs));
  const to = dayText(Math.max(plan.toMs, lastDay * dayMs));
  const names = plan.families.map(() => "?").join(", ");
  const openFromMs = dayOf(asOfMs - graceMs);
  const [rows, days, cursors] = await db.batch([
    db
      .prepare(
        `SELECT day, family, body FROM rollup WHERE project = ? AND day >= ? AND day <= ? AND family IN (${names})`,
      )
      .bind(project, from, to, ...plan.families),
    db
      .prepare(
        `SELECT day, inputs, user_marts AS userMarts, counted_users IS NOT user_marts OR
           (SELECT recount_from FROM project_rollup WHERE project = ?1) IS NOT NULL AS waits
         FROM rollup_day WHERE project = ?1 AND day >= ?2`,
      )
      .bind(project, dayText(openDaysFromMs({ fromMs: openFromMs }))),
    db.prepare("SELECT shard, birth_id AS birthId FROM outbox_cursor WHERE project = ?").bind(project),
  ]);
  const held = (days?.results ?? []) as (Omit<OpenDay, "startMs"> & { readonly day: string })[];
  const births = (cursors?.results ?? []) as { readonly shard: number; readonly birthId: string }[];
  const open: OpenDays = {
    fromMs: openFromMs,
    days: held.map(({ day, ...row }) => ({ startMs: parseDay(day) ?? 0, ...row })),
    birthIds: births.map(({ shard, birthId }) => [shard, birthId] as const),
  };
  return { rows: (rows?.results ?? []) as StoredRollup[], open };
}

function notKept(name: string): Problem {
  return {
    status: 422,
    title: "Not counted by name",
    detail: `A day of the range has more event names than a roll-up counts one by one, and may have events named ${name} among the others. Ask POST /v1/query.`,
    parameter: "conversion",
  };
}
