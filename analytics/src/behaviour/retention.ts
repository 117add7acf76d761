import { type EventName, isNamed } from "./event-name.ts";
import { firstOfPeriod } from "../local-period.ts";
import { entryOf } from "../grouped.ts";
import { dateOf, type Periods, periodsOf } from "../period.ts";
import type { Step } from "./step.ts";
import type { KeyedFold } from "./user-pass.ts";

/**
 * How a user counts as retained `n` periods after the first one: `exact`, active in period `n` itself (N-day retention);
 * `unbounded`, active in period `n` or later; `bounded`, active in any period from one range's start to its end.
 */
export type RetentionMode =
  | { readonly kind: "exact" | "unbounded"; readonly count: number }
  | { readonly kind: "bounded"; readonly ranges: readonly (readonly [number, number])[] };

/** What retention is asked about. */
export interface RetentionQuestion {
  /** Puts a user into the cohort of its first period; `null` for any activity. */
  readonly cohortEvent: EventName | null;
  /** Makes a user retained; `null` for any activity. */
  readonly returnEvent: EventName | null;
  readonly mode: RetentionMode;
  /** Cohorts, by day or week. */
  readonly periods: Periods & { readonly interval: "day" | "week" };
}

/** How many local days after a cohort's period its users can still come back for the question. */
export function returnDays(mode: RetentionMode, interval: "day" | "week"): number {
  const periodDays = interval === "week" ? 7 : 1;
  if (mode.kind === "bounded") return periodDays * Math.max(...mode.ranges.map(([, to]) => to));
  return mode.kind === "exact" ? periodDays * (mode.count - 1) : Infinity;
}

/** Users whose first period it was, and how many of them came back. */
export interface Cohort {
  /** First local day of the period. */
  readonly start: string;
  readonly users: number;
  /** Retained users, by period since the first one (from 0) or by range. */
  readonly retained: readonly number[];
}

interface UserPeriods {
  first: number | null;
  readonly returned: Set<number>;
}

/**
 * Folds users into cohorts. It must be given every step since the beginning of the project: a cohort is made of those who
 * were active for the first time.
 */
export class RetentionFold implements KeyedFold<Step, UserPeriods, Cohort[]> {
  readonly #question: RetentionQuestion;
  readonly #cohorts = new Map<number, { users: number; readonly retained: number[] }>();

  constructor(question: RetentionQuestion) {
    this.#question = question;
  }

  start(): UserPeriods {
    return { first: null, returned: new Set() };
  }

  add(state: UserPeriods, step: Step): number {
    const { cohortEvent, returnEvent } = this.#question;
    const period = this.#periodOf(step.time);
    if (cohortEvent === null || isNamed(step, cohortEvent)) {
      state.first = state.first === null ? period : Math.min(state.first, period);
    }
    const isNew = (returnEvent === null || isNamed(step, returnEvent)) && !state.returned.has(period);
    if (isNew) state.returned.add(period);
    return isNew ? 1 : 0;
  }

  end({ first, returned }: UserPeriods): void {
    if (first === null) return;
    const { mode } = this.#question;
    const size = mode.kind === "bounded" ? mode.ranges.length : mode.count;
    const cohort = entryOf(this.#cohorts, first, () => ({ users: 0, retained: Array<number>(size).fill(0) }));
    cohort.users += 1;
    const offsets = [...returned].map((period) => period - first).filter((offset) => offset >= 0);
    for (let index = 0; index < size; index++) {
      if (isRetained(mode, index, offsets)) cohort.retained[index] = (cohort.retained[index] ?? 0) + 1;
    }
  }

  /** One cohort per period of the range, in order. */
  answer(): Cohort[] {
    const { mode, periods } = this.#question;
    const size = mode.kind === "bounded" ? mode.ranges.length : mode.count;
    return periodsOf(periods).map((day) => {
      const cohort = this.#cohorts.get(this.#number(day));
      return {
        start: dateOf(day),
        users: cohort?.users ?? 0,
        retained: cohort?.retained ?? Array<number>(size).fill(0),
      };
    });
  }

  #periodOf(ms: number): number {
    const { days, interval } = this.#question.periods;
    return this.#number(firstOfPeriod(interval, days.dayOf(ms)));
  }

  /** Periods by number, so that neighbours differ by one. Weeks begin on the day numbers −3, 4, 11 … */
  #number(firstDay: number): number {
    return this.#question.periods.interval === "day" ? firstDay : (firstDay + 3) / 7;
  }
}

function isRetained(mode: RetentionMode, index: number, offsets: readonly number[]): boolean {
  if (mode.kind === "bounded") {
    const [from, to] = mode.ranges[index] ?? [0, 0];
    return offsets.some((offset) => offset >= from && offset <= to);
  }
  return offsets.some((offset) => (mode.kind === "exact" ? offset === index : offset >= index));
}
