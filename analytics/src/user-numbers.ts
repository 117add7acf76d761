import { allCell } from "./cells.ts";
import { dayMs, dayText } from "./day.ts";
import type { Interval } from "./local-period.ts";
import type { MonthBody, ReturnBody, StoredRollup, TrailBody, UsersBody, WeekBody } from "./rollup-body.ts";
import type { UserPeriods } from "./user-periods.ts";

/** Numbers of users by local period, wherever they come from. Periods are named by their first day. */
export interface UserNumbers {
  users(interval: Interval, firstDay: number): UsersBody;
  /** Active users of a local hour, by its start, ms. */
  hour(startMs: number): number;
  trail(day: number): TrailBody;
  /** How the users of a day or week compare with the period before. */
  returns(interval: Interval, firstDay: number): ReturnBody;
  /** Active users by the cells that were asked for. */
  byCell(interval: Interval, firstDay: number): Map<string, number>;
}

const noReturns: ReturnBody = { new: 0, returning: 0, resurrected: 0, churned: 0, before: 0 };
const noTrail: TrailBody = { wau: 0, mau: 0, ...noReturns };
const noUsers: UsersBody = { active: 0, paying: [] };

/** The numbers that roll-ups keep for a project's own zone; a period without row has no users. */
export function storedUsers(rows: readonly StoredRollup[], zone: string): UserNumbers {
  const bodies = new Map(rows.map(({ day, family, body }) => [`${family} ${day}`, body]));
  const bodyOf = <Body>(family: string, first: number, none: Body): Body => {
    const body = bodies.get(`${family}@${zone} ${dayText(first * dayMs)}`);
    return body === undefined ? none : (JSON.parse(body) as Body);
  };
  return {
    users: (interval, first) => {
      if (interval === "week") return bodyOf<WeekBody>("week", first, { ...noUsers, ...noReturns });
      return interval === "month"
        ? bodyOf<MonthBody>("month", first, noUsers)
        : bodyOf<UsersBody>("users", first, noUsers);
    },
    hour: notKept,
    trail: (day) => bodyOf<TrailBody>("trail", day, noTrail),
    returns: (interval, first) => {
      return interval === "week"
        ? bodyOf<WeekBody>("week", first, { ...noUsers, ...noReturns })
        : bodyOf<TrailBody>("trail", first, noTrail);
    },
    byCell: () => new Map(),
  };
}

/** Numbers that were counted for one question. */
export function countedUsers(periods: UserPeriods): UserNumbers {
  return {
    users: (interval, first) => {
      if (interval === "week") return periods.week(first);
      return interval === "month" ? periods.month(first) : periods.users(first);
    },
    hour: notKept,
    trail: (day) => periods.trail(day),
    returns: (interval, first) => (interval === "week" ? periods.week(first) : periods.trail(first)),
    byCell: (interval, first) => {
      const sizes = periods.cells().map((cell) => [cell, countOf(periods, interval, first, cell)] as const);
      return new Map(sizes.filter(([cell, size]) => cell !== allCell && size > 0));
    },
  };
}

/** Users of hours, counted for one question. */
export function countedHours(counts: ReadonlyMap<number, number>): UserNumbers {
  return { ...storedUsers([], ""), hour: (startMs) => counts.get(startMs) ?? 0 };
}

function notKept(): never {
  throw new Error("users of hours are counted for a question alone");
}

function countOf(periods: UserPeriods, interval: Interval, first: number, cell: string): number {
  if (interval === "week") return periods.week(first, cell).active;
  return interval === "month" ? periods.month(first, cell).active : periods.users(first, cell).active;
}
