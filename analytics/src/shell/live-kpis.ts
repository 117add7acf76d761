import { dayPrefix } from "@sluice/lake";
import { dayMs, dayOf, dayText, isComplete, parseDay } from "../day.ts";
import { grouped } from "../grouped.ts";
import { keepEarliest, type Link, linkWindowDays } from "../identity.ts";
import { addLive } from "../live/add-live.ts";
import { BatchReach } from "../live/batch-reach.ts";
import type { LiveRow } from "../live/live-row.ts";
import { type DayIds, liveDau, wantedIds } from "../live/live-users.ts";
import { parseMartParts } from "../marts.ts";
import { type DayRollup, rollupsByDay, type StoredRollup } from "../rollup-body.ts";
import { parseInputs } from "../rollup-plan.ts";
import type { Env } from "./env.ts";
import { eventsBeyond, type LiveProject } from "./live-tail.ts";
import { activeIds, linksOf } from "./recount.ts";
import { RollupStore } from "./rollup-store.ts";

type LiveEnv = Pick<Env, "DB" | "LAKE" | "LIVE_CACHE_SECONDS" | "SHARD_LOG">;

/** Ids of the open days' marts, and links, that one answer may hold. */
const liveIdsMax = 200_000;

/** Roll-ups of a question's days, and as of when they are. */
export interface ServedRollups {
  readonly rollups: ReadonlyMap<string, DayRollup>;
  readonly asOfMs: number;
  /** Whether events that are not rolled up yet are in the numbers of the days that were open. */
  readonly isLive: boolean;
}

/** Days from `fromMs` (inclusive) to `toMs` (exclusive), UTC. */
export interface DayRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Reads the roll-ups of a range, and adds to its open days what the logs hold beyond them. Where that cannot be told, the
 * answer is the roll-ups' alone, and `asOfMs` says so.
 */
export async function servedRollups(
  env: LiveEnv,
  project: LiveProject & { readonly asOfMs: number },
  range: DayRange,
  nowMs: number,
): Promise<ServedRollups> {
  const openFromMs = firstOpenDay(project.asOfMs);
  const batch = await readBatch(env.DB, project.project, range, openFromMs);
  const asRolledUp: ServedRollups = { rollups: batch.rollups, asOfMs: project.asOfMs, isLive: false };
  if (range.toMs <= openFromMs || range.fromMs > nowMs + dayMs) return asRolledUp;
  try {
    return (await withLive(env, project, range, openFromMs, batch, nowMs)) ?? asRolledUp;
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    console.error(JSON.stringify({ message: "answered without live events", error: `${name}: ${message}` }));
    return asRolledUp;
  }
}

async function withLive(
  env: LiveEnv,
  project: LiveProject,
  range: DayRange,
  openFromMs: number,
  { rollups, days, birthIds }: Batch,
  nowMs: number,
): Promise<ServedRollups | null> {
  const reach = new BatchReach();
  for (const day of days) {
    const inputs = parseInputs(day.inputs, dayPrefix("events", project.project, day.startMs));
    // A day that waits to be built again has rows of which it is not known what they hold.
    if (inputs.length === 0 && (rollups.get(day.day)?.counts?.rows ?? 0) > 0) return null;
    reach.add(inputs);
  }
  const live = await eventsBeyond(env, project, { reach, birthIds, fromMs: openFromMs }, nowMs);
  if (live === null) return null;
  const asked = live.rows.filter((row) => row.hourMs >= range.fromMs && row.hourMs < range.toMs);
  const merged = await remembered(project.project, JSON.stringify([live.asOfMs, range, days]), async () => {
    return asked.length === 0 ? new Map<string, DayRollup>() : liveDays(env, project, days, live.rows, asked, rollups);
  });
  if (merged === null) return null;
  return { rollups: new Map([...rollups, ...merged]), asOfMs: live.asOfMs, isLive: true };
}

interface Remembered {
  readonly key: string;
  readonly days: Map<string, DayRollup> | null;
}

/** Last answers of this isolate, by project: the same question within seconds reads no marts again. */
const answers = new Map<string, Remembered>();
const answersMax = 200;

async function remembered(
  project: string,
  key: string,
  make: () => Promise<Map<string, DayRollup> | null>,
): Promise<Map<string, DayRollup> | null> {
  const known = answers.get(project);
  if (known?.key === key) return known.days;
  const days = await make();
  answers.delete(project);
  answers.set(project, { key, days });
  const [oldest] = answers.keys();
  if (answers.size > answersMax && oldest !== undefined) answers.delete(oldest);
  return days;
}

/** The days of `asked` with live events in them; `null` when their users are too many. */
async function liveDays(
  env: Pick<Env, "DB" | "LAKE">,
  { project }: LiveProject,
  days: readonly OpenDay[],
  rows: readonly LiveRow[],
  asked: readonly LiveRow[],
  rollups: ReadonlyMap<string, DayRollup>,
): Promise<Map<string, DayRollup> | null> {
  const ports = { bucket: env.LAKE, store: new RollupStore(env.DB), yieldTurn: async () => scheduler.wait(0) };
  const byDay = grouped(asked, (row) => dayOf(row.hourMs));
  const held: DayIds[] = [];
  let count = 0;
  for (const dayStartMs of byDay.keys()) {
    const userMarts = days.find(({ startMs }) => startMs === dayStartMs)?.userMarts ?? "[]";
    count += parseMartParts(userMarts).reduce((sum, part) => sum + part.rows, 0);
    if (count > liveIdsMax) return null;
    const ids = await activeIds(ports, project, { startMs: dayStartMs, userMarts }, { index: 0, count: 1 });
    held.push({ dayStartMs, ids });
  }
  const lastDayMs = Math.max(...byDay.keys());
  const links = await earliestLinks(ports, project, lastDayMs, wantedIds(held, asked));
  const merged = new Map<string, DayRollup>();
  for (const ids of held) {
    const own = byDay.get(ids.dayStartMs) ?? [];
    const day = dayText(ids.dayStartMs);
    const batch = rollups.get(day) ?? { counts: null, money: null, users: null };
    merged.set(day, addLive(batch, own, liveDau(ids, own, links, rows)));
  }
  return merged;
}

async function earliestLinks(
  ports: Parameters<typeof linksOf>[0] & { readonly store: RollupStore },
  project: string,
  lastDayMs: number,
  wanted: ReadonlySet<string>,
): Promise<Map<string, Link>> {
  const earliest = new Map<string, Link>();
  if (wanted.size === 0) return earliest;
  for await (const days of ports.store.linkDays(project, lastDayMs + linkWindowDays * dayMs)) {
    for (const day of days) {
      for await (const links of linksOf(ports, project, day)) {
        for (const link of links) if (wanted.has(link.anonymousId)) keepEarliest(earliest, link);
      }
    }
  }
  return earliest;
}

/** The first UTC day that roll-ups as of an instant do not hold to its end. */
function firstOpenDay(asOfMs: number): number {
  const today = dayOf(asOfMs);
  return isComplete(today - dayMs, asOfMs) ? today : today - dayMs;
}

interface OpenDay {
  readonly day: string;
  readonly startMs: number;
  readonly inputs: string;
  readonly userMarts: string;
}

interface Batch {
  readonly rollups: ReadonlyMap<string, DayRollup>;
  readonly days: readonly OpenDay[];
  readonly birthIds: ReadonlyMap<number, string>;
}

/** Roll-ups and what they were built from, as of one instant: rows of one transaction. */
async function readBatch(db: D1Database, project: string, range: DayRange, openFromMs: number): Promise<Batch> {
  const [rollups, days, cursors] = await db.batch([
    db
      .prepare(
        `SELECT day, family, body FROM rollup
         WHERE project = ? AND day >= ? AND day < ? AND family IN ('counts', 'money', 'users')`,
      )
      .bind(project, dayText(range.fromMs), dayText(range.toMs)),
    db
      .prepare("SELECT day, inputs, user_marts AS userMarts FROM rollup_day WHERE project = ? AND day >= ?")
      .bind(project, dayText(openFromMs)),
    db.prepare("SELECT shard, birth_id AS birthId FROM outbox_cursor WHERE project = ?").bind(project),
  ]);
  const open = (days?.results ?? []) as Omit<OpenDay, "startMs">[];
  const births = (cursors?.results ?? []) as { readonly shard: number; readonly birthId: string }[];
  return {
    rollups: rollupsByDay((rollups?.results ?? []) as StoredRollup[]),
    days: open.map((row) => ({ ...row, startMs: parseDay(row.day) ?? 0 })),
    birthIds: new Map(births.map(({ shard, birthId }) => [shard, birthId])),
  };
}
