import { firstOfMonth, firstOfWeek } from "./local-period.ts";

/** Days that end with a day: weekly and monthly active users. */
const weekDays = 7;
const trailDays = 30;

/** A set of users whose periods are counted apart. */
export interface PeriodCounts {
  active: number;
  returns: { new: number; returning: number; resurrected: number };
}

/** Numbers of one local day of one fold. */
export interface DayActivity {
  readonly active: number;
  readonly wau: number;
  readonly mau: number;
  readonly returns: PeriodCounts["returns"];
}

/**
 * Counts users by local day, week and month, and how they return, from the users of each day in order. What it keeps of
 * a user is the last day on which it was active, so that memory grows with users, not with days.
 *
 * A day is closed with all of its users at once; days without users are closed too.
 */
export class ActivityFold {
  readonly #lastActive = new Map<string, number>();
  /** Users by the last day on which they were active, of the last 30 days. */
  readonly #byLastDay = new Map<number, number>();
  readonly days = new Map<number, DayActivity>();
  /** By first day. */
  readonly weeks = new Map<number, PeriodCounts>();
  readonly months = new Map<number, PeriodCounts>();

  /** Users seen so far. */
  get users(): number {
    return this.#lastActive.size;
  }

  close(day: number, users: Iterable<string>): void {
    const week = periodOf(this.weeks, firstOfWeek(day));
    const month = periodOf(this.months, firstOfMonth(day));
    const today = noCounts();
    for (const user of users) {
      const last = this.#lastActive.get(user) ?? null;
      countReturn(today, last, day, day - 1);
      countReturn(week, last, firstOfWeek(day), firstOfWeek(day) - weekDays);
      countReturn(month, last, firstOfMonth(day), firstOfMonth(firstOfMonth(day) - 1));
      this.#lastActive.set(user, day);
      if (last !== null) this.#byLastDay.set(last, (this.#byLastDay.get(last) ?? 0) - 1);
      this.#byLastDay.set(day, (this.#byLastDay.get(day) ?? 0) + 1);
    }
    this.#byLastDay.delete(day - trailDays);
    const { active, returns } = today;
    this.days.set(day, {
      active,
      wau: this.#activeSince(day, weekDays),
      mau: this.#activeSince(day, trailDays),
      returns,
    });
  }

  #activeSince(day: number, days: number): number {
    let sum = 0;
    for (let at = day - days + 1; at <= day; at++) sum += this.#byLastDay.get(at) ?? 0;
    return sum;
  }
}

/** Counts a user who was last active on `last` and is active now, once for a period that begins with `start`. */
function countReturn(counts: PeriodCounts, last: number | null, start: number, previousStart: number): void {
  if (last !== null && last >= start) return;
  counts.active += 1;
  if (last === null) counts.returns.new += 1;
  else if (last >= previousStart) counts.returns.returning += 1;
  else counts.returns.resurrected += 1;
}

function noCounts(): PeriodCounts {
  return { active: 0, returns: { new: 0, returning: 0, resurrected: 0 } };
}

function periodOf(periods: Map<number, PeriodCounts>, start: number): PeriodCounts {
  const held = periods.get(start) ?? noCounts();
  periods.set(start, held);
  return held;
}
