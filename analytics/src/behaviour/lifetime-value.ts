import { compareText, formatDecimal } from "@sluice/lake";
import { countedEvents } from "../metrics.ts";
import { divideMicros, microsOf } from "../money.ts";
import { firstOfPeriod } from "../local-period.ts";
import { entryOf } from "../grouped.ts";
import { dateOf, type Periods, periodsOf } from "../period.ts";
import type { Step } from "./step.ts";
import type { KeyedFold } from "./user-pass.ts";

/** What the users of one first period brought in. */
export interface CohortValue {
  /** First local day of the cohort's period. */
  readonly start: string;
  readonly users: number;
  /** By currency and by days since each user's first active day (from 0): revenue so far, and that per cohort user. */
  readonly revenue: Readonly<Record<string, readonly { readonly total: string; readonly perUser: string }[]>>;
}

interface UserValue {
  firstDay: number | null;
  /** By currency, then by local day. */
  readonly micros: Map<string, Map<number, bigint>>;
}

interface CohortSum {
  users: number;
  /** By currency; index is the day since the first one. */
  readonly micros: Map<string, bigint[]>;
}

/**
 * Lifetime value: the revenue of users by days since their first active day, refunds deducted. It must be given every
 * step since the beginning of the project, as only that tells first days.
 */
export class LifetimeValueFold implements KeyedFold<Step, UserValue, CohortValue[]> {
  readonly #periods: Periods;
  readonly #days: number;
  readonly #currency: string;
  readonly #cohorts = new Map<number, CohortSum>();

  /**
   * @param days how many days since the first one are told, from 1.
   * @param currency of orders that state none.
   */
  constructor(periods: Periods, days: number, currency: string) {
    this.#periods = periods;
    this.#days = days;
    this.#currency = currency;
  }

  start(): UserValue {
    return { firstDay: null, micros: new Map() };
  }

  add(state: UserValue, step: Step): number {
    const day = this.#periods.days.dayOf(step.time);
    state.firstDay = state.firstDay === null ? day : Math.min(state.firstDay, day);
    const value = signedMicros(step);
    if (value === null) return 0;
    const byDay = entryOf(state.micros, step.currency ?? this.#currency, () => new Map<number, bigint>());
    const grown = byDay.has(day) ? 0 : 1;
    byDay.set(day, (byDay.get(day) ?? 0n) + value);
    return grown;
  }

  end({ firstDay, micros }: UserValue): void {
    const { interval, fromDay, toDay } = this.#periods;
    if (firstDay === null || firstDay < fromDay || firstDay >= toDay) return;
    const cohort = entryOf(this.#cohorts, firstOfPeriod(interval, firstDay), (): CohortSum => ({
      users: 0,
      micros: new Map<string, bigint[]>(),
    }));
    cohort.users += 1;
    for (const [currency, byDay] of micros) {
      for (const [day, value] of byDay) {
        const offset = day - firstDay;
        if (offset >= this.#days) continue;
        const sums = entryOf(cohort.micros, currency, () => Array.from({ length: this.#days }, () => 0n));
        sums[offset] = (sums[offset] ?? 0n) + value;
      }
    }
  }

  /** One cohort per period of the range, in order. */
  answer(): CohortValue[] {
    return periodsOf(this.#periods).map((period) => {
      const cohort = this.#cohorts.get(period) ?? { users: 0, micros: new Map<string, bigint[]>() };
      const currencies = [...cohort.micros].sort(([a], [b]) => compareText(a, b));
      const revenue = currencies.map(([currency, sums]) => [currency, cumulated(sums, cohort.users)] as const);
      return { start: dateOf(period), users: cohort.users, revenue: Object.fromEntries(revenue) };
    });
  }
}

function cumulated(sums: readonly bigint[], users: number): { total: string; perUser: string }[] {
  let total = 0n;
  return sums.map((sum) => {
    total += sum;
    return { total: formatDecimal(total), perUser: formatDecimal(divideMicros(total, users)) };
  });
}

/** Revenue of an order, negative for a refund; `null` for other steps. */
function signedMicros(step: Step): bigint | null {
  if (step.type !== "track" || step.revenue === null) return null;
  const micros = microsOf(step.revenue);
  if (micros === null) return null;
  if (step.name === countedEvents.orderCompleted) return micros;
  return step.name === countedEvents.orderRefunded ? -micros : null;
}
