import { dayOf, dayText } from "../day.ts";
import type { EventNumbers } from "../event-numbers.ts";
import { DayFold } from "../fold.ts";
import { grouped } from "../grouped.ts";
import type { KpiQuestion } from "../kpi-params.ts";
import { firstOfPeriod, type Interval, nextPeriod } from "../local-period.ts";
import { countsUsers, type Metric, type MetricName, needsCosts } from "../metrics.ts";
import { type DayRollup, emptyDay } from "../rollup-body.ts";
import { countedUsers, type UserNumbers } from "../user-numbers.ts";
import type { UserPeriods } from "../user-periods.ts";
import type { LiveRow } from "./live-row.ts";

/** Numbers that hold the events of open days that no roll-up holds yet. */
export interface LiveNumbers {
  readonly asOfMs: number;
  readonly events: EventNumbers;
  /** `null` where these users cannot be told as of now, or were not asked for. */
  readonly users: UserNumbers | null;
}

/** Rows of live events as those of their UTC days: sums, to be added to the roll-ups'. */
export function liveRollups(rows: readonly LiveRow[]): Map<string, DayRollup> {
  const days = [...grouped(rows, ({ hourMs }) => dayOf(hourMs))].map(([startMs, own]) => {
    const fold = new DayFold();
    for (const row of own) fold.add(row);
    return [dayText(startMs), { ...emptyDay, counts: fold.counts(), money: fold.money() }] as const;
  });
  return new Map(days);
}

/** Users of periods that reach into open days, as of now. */
export interface LiveUsers {
  /** First local day that is open. */
  readonly openDay: number;
  readonly periods: UserPeriods;
}

/** The numbers of roll-ups, and those as of now of every period that reaches into an open day. */
export function withLiveUsers(users: UserNumbers, { openDay, periods }: LiveUsers): UserNumbers {
  const live = countedUsers(periods);
  const isOpen = (interval: Interval, firstDay: number): boolean => {
    return interval !== "hour" && nextPeriod(interval, firstDay) > openDay;
  };
  return {
    ...users,
    users: (interval, firstDay) => (isOpen(interval, firstDay) ? live : users).users(interval, firstDay),
    trail: (day) => {
      if (!isOpen("day", day)) return users.trail(day);
      const { wau, mau } = live.trail(day);
      return { ...users.trail(day), wau, mau };
    },
  };
}

/**
 * Whether a metric can be told as of now: sums always, sets of users from a day on; who returned, groups and costs wait for their
 * roll-up.
 */
export function isLiveMetric(metric: Metric, { interval, breakdown, includesBots }: KpiQuestion): boolean {
  if (breakdown !== null || needsCosts(metric)) return false;
  if (metric.origin === "events") return true;
  return interval !== "hour" && !includesBots && (metric.origin !== "trail" || trailReach.has(metric.name));
}

/** Whether it also needs users as of now. */
export function needsLiveUsers(metric: Metric, question: KpiQuestion): boolean {
  return countsUsers(metric) && isLiveMetric(metric, question);
}

/** Days before a day whose users its trailing windows hold. */
const trailReach: ReadonlyMap<MetricName, number> = new Map([
  ["wau", 6],
  ["mau", 29],
  ["stickiness", 29],
]);

/** The first local day whose users decide those of the open days: that of their week, month or trailing window. */
export function firstDayOfUsers(
  asked: readonly Metric[],
  { interval }: Pick<KpiQuestion, "interval">,
  openDay: number,
): number {
  const firstDay = interval === "hour" ? openDay : firstOfPeriod(interval, openDay);
  return Math.min(firstDay, ...asked.map(({ name }) => openDay - (trailReach.get(name) ?? 0)));
}
