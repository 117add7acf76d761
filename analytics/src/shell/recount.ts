import { countedCells } from "../cells.ts";
import { dayMs, dayText, parseDay } from "../day.ts";
import type { ActiveId } from "../marts.ts";
import { parseMartParts } from "../marts.ts";
import type { UsersBody } from "../rollup-body.ts";
import { type RecountGroup, recountGroups } from "../rollup-plan.ts";
import { LocalDays } from "../time-zone.ts";
import { activeOf, type CountRule, DayUsers, payingOf } from "../user-count.ts";
import { inSlice, type Slice } from "../user-fold.ts";
import type { RollupPorts } from "./day-build.ts";
import { activeIds, readIdentities } from "./mart-reader.ts";
import type { CountedDay, ProjectState, UserDayRow, UserRow } from "./rollup-store.ts";

/** A UTC day with a mart of users. */
export interface MartDay extends UserDayRow {
  readonly startMs: number;
  readonly ids: number;
}

/** A local day to count, and the UTC days that it reaches into. */
interface DayToCount {
  readonly localDay: number;
  readonly utcDays: readonly MartDay[];
  readonly ids: number;
}

/** A day's row as read. */
export function martDay(row: UserDayRow): MartDay {
  const startMs = parseDay(row.day);
  if (startMs === null) throw new Error("rollup_day holds a row without a day");
  const ids = parseMartParts(row.userMarts).reduce((sum, part) => sum + part.ids, 0);
  return { ...row, startMs, ids };
}

/**
 * Counts the users of every local day of a project that a UTC day with changed ids or links reaches into, from marts
 * alone. Stops early, to be continued by the next run, when `isLate` says so; `false` then.
 *
 * @param recountFromMs the project's first day that a changed link touches; `null` leaves such days for another run.
 */
export async function recountUsers(
  ports: RollupPorts,
  state: Pick<ProjectState, "project" | "timezone" | "currency">,
  recountFromMs: number | null,
  isLate: () => boolean,
): Promise<boolean> {
  const { project, timezone, currency } = state;
  const rule: CountRule = { local: new LocalDays(timezone), includesBots: false, currency };
  const days = (await ports.store.userDays(project, recountFromMs !== null)).map(martDay);
  const groups = recountGroups(daysToCount(days, rule.local), ports.limits.idsMax);
  for (const [index, group] of groups.entries()) {
    const next = groups[index + 1]?.days[0];
    const rows = await countGroup(ports, project, group, rule);
    await ports.store.writeUsers(ports.owner, project, rows, countedBefore(days, group, next ?? null));
    if (next === undefined) break;
    if (recountFromMs !== null) {
      const nextMs = Math.min(...next.utcDays.map((day) => day.startMs));
      await ports.store.setRecountFrom(ports.owner, project, Math.max(recountFromMs, nextMs));
    }
    if (isLate()) return false;
  }
  if (recountFromMs !== null) await ports.store.setRecountFrom(ports.owner, project, null);
  return true;
}

/** The local days that waiting UTC days reach into, ascending. */
function daysToCount(days: readonly MartDay[], local: LocalDays): DayToCount[] {
  const byStart = new Map(days.map((day) => [day.startMs, day]));
  const waiting = days.filter((day) => day.waits === 1).flatMap((day) => local.piecesOf(day.startMs));
  const localDays = [...new Set(waiting.map((piece) => piece.localDay))].sort((a, b) => a - b);
  return localDays.map((localDay) => {
    const utcDays: MartDay[] = [];
    const firstMs = Math.floor(local.startMs(localDay) / dayMs) * dayMs;
    for (let startMs = firstMs; startMs < local.startMs(localDay + 1); startMs += dayMs) {
      const day = byStart.get(startMs);
      if (day !== undefined) utcDays.push(day);
    }
    return { localDay, utcDays, ids: utcDays.reduce((sum, day) => sum + day.ids, 0) };
  });
}

/** The waiting UTC days of a group of which no local day is left for the next group. */
function countedBefore(
  days: readonly MartDay[],
  group: RecountGroup<DayToCount>,
  next: DayToCount | null,
): CountedDay[] {
  const counted = new Set(group.days.flatMap((day) => day.utcDays.map((utcDay) => utcDay.startMs)));
  const left = new Set(next?.utcDays.map((day) => day.startMs));
  return days.filter((day) => day.waits === 1 && counted.has(day.startMs) && !left.has(day.startMs));
}

/** Users of each local day of a group. A group of several days has one slice; a large day alone may have more. */
async function countGroup(
  ports: RollupPorts,
  project: string,
  group: RecountGroup<DayToCount>,
  rule: CountRule,
): Promise<UserRow[]> {
  const sizes = group.days.map(() => new Map<string, number>());
  for (let index = 0; index < group.slices; index++) {
    const users = new DayUsers(rule, { index, count: group.slices });
    for (let part = 0; part < group.slices; part++) {
      await addSlice(ports, project, group, { index: part, count: group.slices }, users);
    }
    for (const [position, { localDay }] of group.days.entries()) {
      const sums = sizes[position];
      for (const [cell, set] of users.take(localDay)) sums?.set(cell, (sums.get(cell) ?? 0) + set.size);
    }
  }
  return group.days.map(({ localDay }, position): UserRow => {
    const sums = sizes[position] ?? new Map<string, number>();
    const body: UsersBody = { active: activeOf(sums), paying: payingOf(sums) };
    return { day: dayText(localDay * dayMs), family: `users@${rule.local.zone}`, body: JSON.stringify(body) };
  });
}

/** Loads the ids of one slice of the group's UTC days, finds their links, and adds their users. */
async function addSlice(
  ports: RollupPorts,
  project: string,
  group: RecountGroup<DayToCount>,
  idSlice: Slice,
  users: DayUsers,
): Promise<void> {
  const days = new Map(group.days.flatMap((day) => day.utcDays.map((utcDay) => [utcDay.startMs, utcDay])));
  const idsByDay: (readonly [number, ActiveId[]])[] = [];
  const wanted = new Set<string>();
  for (const day of days.values()) {
    for await (const ids of activeIds(ports, project, day, countedCells)) {
      const held = ids.filter((id) => inSlice(id.userId ?? id.anonymousId ?? "", idSlice));
      for (const { userId, anonymousId } of held) if (userId === null && anonymousId !== null) wanted.add(anonymousId);
      idsByDay.push([day.startMs, held]);
    }
  }
  const identities = await readIdentities(ports, project, (id) => wanted.has(id));
  if (identities === null) throw new Error("identities without a bound were bounded");
  for (const [startMs, ids] of idsByDay) users.add(startMs, ids, identities);
}
