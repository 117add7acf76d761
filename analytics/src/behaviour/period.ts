import { dayMs, dayText } from "../day.ts";
import { firstOfPeriod, type Interval } from "../local-period.ts";
import type { LocalDays } from "../time-zone.ts";

/** Lengths of the periods that answers are cut into. */
export type DayInterval = Exclude<Interval, "hour">;

/** The local days that an answer is about, and the periods it is cut into. */
export interface Periods {
  readonly days: LocalDays;
  readonly interval: DayInterval;
  /** First local day. */
  readonly fromDay: number;
  /** The local day after the last. */
  readonly toDay: number;
}

/** The first day of an instant's period, or `null` where the instant is outside the range. */
export function periodAt({ days, interval, fromDay, toDay }: Periods, ms: number): number | null {
  const day = days.dayOf(ms);
  return day >= fromDay && day < toDay ? firstOfPeriod(interval, day) : null;
}

/** The first days of all periods of a range, in order. */
export function periodsOf({ interval, fromDay, toDay }: Periods): number[] {
  const periods: number[] = [];
  for (let day = fromDay; day < toDay; day++) {
    const period = firstOfPeriod(interval, day);
    if (period !== periods.at(-1)) periods.push(period);
  }
  return periods;
}

/** The date of a local day, `YYYY-MM-DD`. */
export function dateOf(day: number): string {
  return dayText(day * dayMs);
}

/** The entry of a map, made if it is not there yet. */
export function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const held = map.get(key);
  if (held !== undefined) return held;
  const made = make();
  map.set(key, made);
  return made;
}
