import { dayOf, dayText } from "../day.ts";
import type { EventNumbers } from "../event-numbers.ts";
import { DayFold } from "../fold.ts";
import { grouped } from "../grouped.ts";
import type { KpiQuestion } from "../kpi-params.ts";
import { countsUsers, type Metric, needsCosts } from "../metrics.ts";
import { type DayRollup, emptyDay, type UsersBody } from "../rollup-body.ts";
import type { UserNumbers } from "../user-numbers.ts";
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

/** The numbers of roll-ups with the users of some local days as of now. */
export function withLiveDays(users: UserNumbers, days: ReadonlyMap<number, UsersBody>): UserNumbers {
  return {
    ...users,
    users: (interval, firstDay) => {
      return (interval === "day" ? days.get(firstDay) : undefined) ?? users.users(interval, firstDay);
    },
  };
}

/** Whether a metric can be told as of now: sums always, users by day alone; sets of longer periods, groups and costs wait. */
export function isLiveMetric(metric: Metric, { interval, breakdown, includesBots }: KpiQuestion): boolean {
  if (breakdown !== null || metric.origin === "trail" || needsCosts(metric)) return false;
  return metric.origin === "events" || (interval === "day" && !includesBots);
}

/** Whether it also needs users as of now. */
export function needsLiveUsers(metric: Metric, question: KpiQuestion): boolean {
  return countsUsers(metric) && isLiveMetric(metric, question);
}
