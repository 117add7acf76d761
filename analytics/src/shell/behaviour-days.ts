import { dayPrefix } from "@sluice/lake";
import {
  behaviourMartVersion,
  type BehaviourMart,
  type BehaviourPart,
  parseBehaviourParts,
} from "../behaviour/behaviour-marts.ts";
import type { KeptProperties } from "../behaviour/step.ts";
import { dayMs, dayText, parseDay } from "../day.ts";
import { parseInputs } from "../rollup-plan.ts";
import { sha256Hex } from "./secrets.ts";

/** A UTC day of a project as behavioural questions and builds see it. */
export interface BehaviourDay {
  readonly startMs: number;
  /** The event files that the day was rolled up from; none where its steps have a mart. */
  readonly inputs: readonly { readonly key: string; readonly etag: string }[];
  readonly step: DayMart;
  readonly session: DayMart;
}

/** A mart of a day. */
export interface DayMart {
  /** What it has to be built from, as a hash. */
  readonly wanted: string;
  /** Its parts; `null` unless it was built from just that. */
  readonly parts: readonly BehaviourPart[] | null;
}

interface DayRow {
  readonly day: string;
  readonly inputs: string;
  readonly stepFrom: string | null;
  readonly stepParts: string | null;
  readonly sessionFrom: string | null;
  readonly sessionParts: string | null;
}

/** Days that one query answers with; the row of a day names all its files. */
const rowsPerPage = 100;
/** What stands for a day without events. */
const noDay = "-";

/**
 * The days of a project that have events, from `fromMs` to `toMs` (starts of UTC days), ascending. Marts that are not of the
 * events that the day was rolled up from, or keep other properties, count as not there.
 */
export async function behaviourDays(
  db: D1Database,
  project: string,
  range: { readonly fromMs: number; readonly toMs: number },
  kept: KeptProperties,
): Promise<BehaviourDay[]> {
  const sql = `SELECT d.day, d.inputs, s.built_from AS stepFrom, s.parts AS stepParts,
      v.built_from AS sessionFrom, v.parts AS sessionParts
    FROM rollup_day d
    LEFT JOIN behaviour_day s ON s.project = d.project AND s.day = d.day AND s.mart = 'step'
    LEFT JOIN behaviour_day v ON v.project = d.project AND v.day = d.day AND v.mart = 'session'
    WHERE d.project = ? AND d.day > ? AND d.day < ? ORDER BY d.day LIMIT ?`;
  // A day's sessions follow from its neighbours too.
  const last = dateText(range.toMs + dayMs);
  const rows: DayRow[] = [];
  for (let after = dateText(range.fromMs - 2 * dayMs); ;) {
    const page = (await db.prepare(sql).bind(project, after, last, rowsPerPage).all<DayRow & Record<string, unknown>>())
      .results;
    rows.push(...page);
    const end = page.at(-1);
    if (end === undefined || page.length < rowsPerPage) break;
    after = end.day;
  }
  const wanted = new Map<number, string>();
  for (const row of rows) wanted.set(startOf(row), await hashOf([behaviourMartVersion, keptText(kept), row.inputs]));
  const days: BehaviourDay[] = [];
  for (const row of rows) {
    const startMs = startOf(row);
    if (startMs < range.fromMs || startMs >= range.toMs) continue;
    const step = wanted.get(startMs) ?? noDay;
    const neighbours = [wanted.get(startMs - dayMs) ?? noDay, step, wanted.get(startMs + dayMs) ?? noDay];
    const stepMart = martOf(step, row.stepFrom, row.stepParts);
    const isNeeded = stepMart.parts === null;
    days.push({
      startMs,
      inputs: isNeeded ? parseInputs(row.inputs, dayPrefix("events", project, startMs)).parts : [],
      step: stepMart,
      session: martOf(await hashOf(neighbours), row.sessionFrom, row.sessionParts),
    });
  }
  return days;
}

/** Notes a mart as built. */
export async function noteMart(
  db: D1Database,
  place: { readonly project: string; readonly dayStartMs: number; readonly mart: BehaviourMart },
  builtFrom: string,
  parts: string,
): Promise<void> {
  const sql = `INSERT INTO behaviour_day (project, day, mart, built_from, parts) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (project, day, mart) DO UPDATE SET built_from = excluded.built_from, parts = excluded.parts`;
  await db.prepare(sql).bind(place.project, dayText(place.dayStartMs), place.mart, builtFrom, parts).run();
}

/** Forgets a mart whose objects are not what D1 says: it is built again. */
export async function forgetMart(
  db: D1Database,
  project: string,
  dayStartMs: number,
  mart: BehaviourMart,
): Promise<void> {
  const sql = "DELETE FROM behaviour_day WHERE project = ? AND day = ? AND mart = ?";
  await db.prepare(sql).bind(project, dayText(dayStartMs), mart).run();
}

function martOf(wanted: string, builtFrom: string | null, parts: string | null): DayMart {
  return { wanted, parts: builtFrom === wanted && parts !== null ? parseBehaviourParts(parts) : null };
}

function startOf(row: DayRow): number {
  const startMs = parseDay(row.day);
  if (startMs === null) throw new Error("rollup_day holds a row without a day");
  return startMs;
}

/** Days before year 0 or after 9999 do not exist in the lake; the text order of dates holds between. */
function dateText(ms: number): string {
  return dayText(Math.min(Math.max(ms, Date.UTC(1970, 0, 1)), Date.UTC(9999, 11, 31)));
}

function keptText(kept: KeptProperties): string {
  return JSON.stringify([...kept].sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function hashOf(values: readonly (string | number)[]): Promise<string> {
  return sha256Hex(JSON.stringify(values));
}
