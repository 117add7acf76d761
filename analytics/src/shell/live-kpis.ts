import { dayPrefix } from "@sluice/lake";
import { countedCells } from "../cells.ts";
import { dayMs, dayOf } from "../day.ts";
import type { Sources } from "../kpi-answer.ts";
import type { KpiQuestion } from "../kpi-params.ts";
import { BatchReach } from "../live/batch-reach.ts";
import {
  firstDayOfUsers,
  isLiveMetric,
  liveRollups,
  type LiveNumbers,
  type LiveUsers,
  needsLiveUsers,
  withLiveUsers,
} from "../live/live-numbers.ts";
import type { LiveRow } from "../live/live-row.ts";
import { type DayIds, joinIdentities, liveIds, usersOfDays, wantedIds } from "../live/live-users.ts";
import { parseMartParts } from "../marts.ts";
import { metrics } from "../metrics.ts";
import { parseInputs } from "../rollup-plan.ts";
import type { CountRule } from "../user-count.ts";
import type { UserNumbers } from "../user-numbers.ts";
import type { Env } from "./env.ts";
import { type OpenDays, openDaysFromMs } from "./kpi-numbers.ts";
import { eventsBeyond } from "./live-tail.ts";
import { activeIds, type MartPorts, readIdentities } from "./mart-reader.ts";
import { martDay } from "./recount.ts";
import { RollupStore } from "./rollup-store.ts";

type LiveEnv = Pick<Env, "DB" | "LAKE" | "LIVE_CACHE_SECONDS" | "SHARD_LOG">;

/** Ids of the open days' marts, and links, that one answer may hold. */
const liveIdsMax = 200_000;

/** What of a project decides its numbers as of now. */
export interface LiveKpiProject {
  readonly project: string;
  readonly shards: number;
  readonly currency: string;
}

/**
 * The numbers of a question with what the logs hold beyond the roll-ups added to open days; `null` where no open day is asked
 * for, or where that cannot be told: the answer is the roll-ups' alone then, and `asOf` says so.
 *
 * @param open what the roll-ups of open days were made of, read in one transaction with `sources`.
 */
export async function liveNumbers(
  env: LiveEnv,
  project: LiveKpiProject,
  question: KpiQuestion,
  sources: Omit<Sources, "live">,
  open: OpenDays,
  nowMs: number,
): Promise<LiveNumbers | null> {
  const asked = question.metrics.flatMap((name) => metrics.get(name) ?? []);
  const isOpen = sources.local.startMs(question.toDay) > open.fromMs && question.fromDay * dayMs < nowMs + 2 * dayMs;
  if (!isOpen || !asked.some((metric) => isLiveMetric(metric, question))) return null;
  try {
    const rows = await rowsBeyond(env, project, open, nowMs);
    if (rows === null) return null;
    const events = rows.rows.length === 0 ? sources.events : sources.events.and(liveRollups(rows.rows));
    const needsUsers = asked.some((metric) => needsLiveUsers(metric, question));
    const rule: CountRule = { local: sources.local, includesBots: false, currency: project.currency };
    if (!needsUsers) return { asOfMs: rows.asOfMs, events, users: null };
    const openDay = rule.local.dayOf(open.fromMs);
    const first = firstDayOfUsers(asked, question, openDay);
    const key = JSON.stringify([rows.asOfMs, rule.local.zone, rule.currency, first, open]);
    const last = rule.local.dayOf(dayOf(nowMs) + 2 * dayMs - 1);
    const users = await remembered(project.project, key, async () =>
      openUsers(env, project.project, open, rows.rows, rule, { first, openDay, last }),
    );
    return { asOfMs: rows.asOfMs, events, users: users === null ? null : usersAsOfNow(sources.users, users) };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    console.error(JSON.stringify({ message: "answered without live events", error: `${name}: ${message}` }));
    return null;
  }
}

/** Events of open days that are in none of the parts that their roll-ups were built from. */
async function rowsBeyond(
  env: LiveEnv,
  project: LiveKpiProject,
  { fromMs, days, birthIds }: OpenDays,
  nowMs: number,
): ReturnType<typeof eventsBeyond> {
  const reach = new BatchReach();
  for (const { startMs, inputs } of days) {
    if (startMs < fromMs) continue;
    const built = parseInputs(inputs, dayPrefix("events", project.project, startMs));
    // A day that waits to be built again has rows of which it is not known what they hold.
    if (built.definition === "") return null;
    reach.add(built.parts);
  }
  return eventsBeyond(env, project, { reach, birthIds: new Map(birthIds), fromMs }, nowMs);
}

/** `"counted"`: everything that is known is in the roll-ups; `null`: these users are too many. */
type OpenUsers = LiveUsers | "counted" | null;

function usersAsOfNow(users: UserNumbers, open: LiveUsers | "counted"): UserNumbers {
  return open === "counted" ? users : withLiveUsers(users, open);
}

interface Remembered {
  readonly key: string;
  readonly users: OpenUsers;
}

/** Last users of this isolate, by project: the same question within seconds reads no marts again. */
const lastUsers = new Map<string, Remembered>();
const projectsMax = 200;

async function remembered(project: string, key: string, make: () => Promise<OpenUsers>): Promise<OpenUsers> {
  const known = lastUsers.get(project);
  if (known?.key === key) return known.users;
  const users = await make();
  lastUsers.delete(project);
  lastUsers.set(project, { key, users });
  const [oldest] = lastUsers.keys();
  if (lastUsers.size > projectsMax && oldest !== undefined) lastUsers.delete(oldest);
  return users;
}

/** Local days whose users are told: from the first that matters, of which some are open, to the last. */
interface UserDays {
  readonly first: number;
  readonly openDay: number;
  readonly last: number;
}

/** Users of the local days that are open, and of their periods, from marts and live events together. */
async function openUsers(
  env: Pick<Env, "DB" | "LAKE">,
  project: string,
  open: OpenDays,
  rows: readonly LiveRow[],
  rule: CountRule,
  { first, openDay, last }: UserDays,
): Promise<OpenUsers> {
  // Users of longer periods are counted less often than those of days.
  if (first === openDay && rows.length === 0 && open.days.every(({ waits }) => waits === 0)) return "counted";
  const store = new RollupStore(env.DB);
  const marts = await martsFrom(store, project, open, dayOf(rule.local.startMs(first)));
  const count = marts.flatMap(({ userMarts }) => parseMartParts(userMarts)).reduce((sum, { ids }) => sum + ids, 0);
  if (count > liveIdsMax) return null;
  const ports: MartPorts = { bucket: env.LAKE, store, yieldTurn: async () => scheduler.wait(0) };
  const live = liveIds(rows);
  const days: DayIds[] = [...live.days];
  for (const day of marts) {
    for await (const ids of activeIds(ports, project, day, countedCells)) days.push({ startMs: day.startMs, ids });
  }
  const wanted = wantedIds(days);
  const identities = await readIdentities(ports, project, (id) => wanted.has(id), liveIdsMax);
  if (identities === null) return null;
  return { openDay, periods: usersOfDays({ first, last }, days, joinIdentities(identities, live.links), rule) };
}

type UserMart = Pick<OpenDays["days"][number], "startMs" | "userMarts">;

/** Marts from a UTC day on: those of open days as they were when the live events were told apart from them. */
async function martsFrom(store: RollupStore, project: string, open: OpenDays, fromMs: number): Promise<UserMart[]> {
  const heldFromMs = openDaysFromMs(open);
  const held = open.days.filter(({ startMs }) => startMs >= fromMs);
  if (fromMs >= heldFromMs) return held;
  const before = (await store.userDays(project, false)).map(martDay);
  return [...before.filter(({ startMs }) => startMs >= fromMs && startMs < heldFromMs), ...held];
}
