import { dayMs } from "./day.ts";

/*
 * Calendar periods of local days. A day is a number: days since 1970-01-01, a Thursday; a week starts on Monday.
 */

/** What a question may be divided by. */
export const intervals = ["hour", "day", "week", "month"] as const;

/** What a question may be divided by. */
export type Interval = (typeof intervals)[number];

/** The Monday of a day's ISO week. */
export function firstOfWeek(day: number): number {
  return day - ((((day + 3) % 7) + 7) % 7);
}

/** The first day of a day's month. */
export function firstOfMonth(day: number): number {
  const date = new Date(day * dayMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) / dayMs;
}

/** The first day of the period of whole days that holds a day. */
export function firstOfPeriod(interval: Exclude<Interval, "hour">, day: number): number {
  if (interval === "day") return day;
  return interval === "week" ? firstOfWeek(day) : firstOfMonth(day);
}

/** The first day of the period behind the one that starts with `first`. */
export function nextPeriod(interval: Exclude<Interval, "hour">, first: number): number {
  if (interval === "day") return first + 1;
  return interval === "week" ? first + 7 : firstOfMonth(first + 31);
}

/** The first day of the period before the one that starts with `first`. */
export function previousPeriod(interval: Exclude<Interval, "hour">, first: number): number {
  return firstOfPeriod(interval, first - 1);
}
