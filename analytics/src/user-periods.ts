import { ActivityFold, type DayActivity, type PeriodCounts } from "./activity-fold.ts";
import { allCell } from "./cells.ts";
import { firstOfPeriod, nextPeriod } from "./local-period.ts";
import type { MonthBody, PayingUsers, ReturnBody, TrailBody, UsersBody, WeekBody } from "./rollup-body.ts";
import type { UsersByCell } from "./user-count.ts";

/** Users of local days, weeks and months, and how they return; added up over slices of users. */
export class UserPeriods {
  readonly #cells = new Map<string, Totals>();

  /** Adds what one slice of users makes. */
  add(folds: ReadonlyMap<string, ActivityFold>): void {
    for (const [cell, fold] of folds) {
      const totals = this.#cells.get(cell) ?? { days: new Map(), weeks: new Map(), months: new Map() };
      this.#cells.set(cell, totals);
      for (const [day, counts] of fold.days) totals.days.set(day, addDay(totals.days.get(day), counts));
      for (const [day, counts] of fold.weeks) totals.weeks.set(day, addPeriod(totals.weeks.get(day), counts));
      for (const [day, counts] of fold.months) totals.months.set(day, addPeriod(totals.months.get(day), counts));
    }
  }

  /** The cells that have users, ordered by code unit. */
  cells(): string[] {
    return [...this.#cells.keys()].sort();
  }

  users(day: number, cell = allCell): UsersBody {
    return { active: this.#cells.get(cell)?.days.get(day)?.active ?? 0, paying: this.#paying("days", day) };
  }

  trail(day: number): TrailBody {
    const days = this.#cells.get(allCell)?.days;
    const { wau, mau, returns } = days?.get(day) ?? noDay;
    return { wau, mau, ...returnBody(returns, days?.get(day - 1)?.active ?? 0) };
  }

  week(first: number, cell = allCell): WeekBody {
    const weeks = this.#cells.get(cell)?.weeks;
    const { active, returns } = weeks?.get(first) ?? noDay;
    const before = weeks?.get(first - 7)?.active ?? 0;
    return { active, paying: this.#paying("weeks", first), ...returnBody(returns, before) };
  }

  month(first: number, cell = allCell): MonthBody {
    return { active: this.#cells.get(cell)?.months.get(first)?.active ?? 0, paying: this.#paying("months", first) };
  }

  #paying(period: keyof Totals, first: number): PayingUsers {
    const paying: [string, number][] = [];
    for (const cell of this.cells()) {
      const active = this.#cells.get(cell)?.[period].get(first)?.active ?? 0;
      if (cell.startsWith("paid=") && active > 0) paying.push([cell.slice("paid=".length), active]);
    }
    return paying;
  }
}

/** The folds of one pass: of all users, of those who paid by currency, and of whatever cells the days bring. */
export class CellFolds {
  readonly folds = new Map<string, ActivityFold>([[allCell, new ActivityFold()]]);
  /** Days closed so far; a cell that appears later has had no users on them. */
  #next: number | null = null;

  /** Closes every day up to `day`; those without users too. */
  close(day: number, users: UsersByCell): void {
    for (let empty = this.#next ?? day; empty < day; empty++) this.#closeOne(empty, new Map());
    this.#closeOne(day, users);
    this.#next = day + 1;
  }

  /** Users held in all folds. */
  get users(): number {
    let users = 0;
    for (const fold of this.folds.values()) users += fold.users;
    return users;
  }

  #closeOne(day: number, users: UsersByCell): void {
    for (const cell of users.keys()) if (!this.folds.has(cell)) this.folds.set(cell, new ActivityFold());
    for (const [cell, fold] of this.folds) fold.close(day, users.get(cell) ?? []);
  }
}

/** The first days of the weeks, or months, that hold the days from `first` to `last`. */
export function periodsOf(interval: "week" | "month", first: number, last: number): number[] {
  const periods: number[] = [];
  for (let day = firstOfPeriod(interval, first); day <= last; day = nextPeriod(interval, day)) periods.push(day);
  return periods;
}

interface Totals {
  readonly days: Map<number, DayActivity>;
  readonly weeks: Map<number, PeriodCounts>;
  readonly months: Map<number, PeriodCounts>;
}

const noDay: DayActivity = { active: 0, wau: 0, mau: 0, returns: { new: 0, returning: 0, resurrected: 0 } };

function addDay(held: DayActivity = noDay, more: DayActivity): DayActivity {
  return { ...addPeriod(held, more), wau: held.wau + more.wau, mau: held.mau + more.mau };
}

function addPeriod(held: PeriodCounts = noDay, more: PeriodCounts): PeriodCounts {
  const returns = {
    new: held.returns.new + more.returns.new,
    returning: held.returns.returning + more.returns.returning,
    resurrected: held.returns.resurrected + more.returns.resurrected,
  };
  return { active: held.active + more.active, returns };
}

function returnBody(returns: PeriodCounts["returns"], before: number): ReturnBody {
  return { ...returns, churned: before - returns.returning, before };
}
