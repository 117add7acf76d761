import { compareText } from "@sluice/lake";
import { type EventName, isNamed } from "./event-name.ts";
import { entryOf } from "../grouped.ts";
import { dateOf, periodAt, type Periods, periodsOf } from "../period.ts";
import { quantileDisc } from "./quantile.ts";
import { compareSteps, propertyOf, type Step } from "./step.ts";
import type { KeyedFold } from "./user-pass.ts";

/** A funnel as a project declares it. */
export interface Funnel {
  /** Two to ten, in order. */
  readonly steps: readonly EventName[];
  /** All steps happen at most this long after the first. */
  readonly windowMs: number;
  /** Property of the first step by which answers are broken down; `null` for none. */
  readonly breakdown: string | null;
}

/** Values of the breakdown that an answer tells apart; users of rarer ones are added up as other. */
const breakdownValuesMax = 50;

/** How users of one entry period went through the funnel. */
export interface FunnelCounts {
  /** Users who reached each step. */
  readonly reached: readonly number[];
  /** Last step over first; no value where nobody entered. */
  readonly conversion: { readonly numerator: number; readonly denominator: number; readonly value: number | null };
  /** Time from first to last step of those who reached it, ms, by `quantile_disc`; `null` where nobody did. */
  readonly timeToConvertMs: { readonly p50: number | null; readonly p90: number | null };
}

/** One value of the breakdown. */
export interface FunnelSegment extends FunnelCounts {
  /** `null` for entries without the property. */
  readonly value: string | null;
}

/** One entry period. */
export interface FunnelBucket extends FunnelCounts {
  /** First local day of the period. */
  readonly start: string;
  /** By number of entries, then value; empty without breakdown. */
  readonly segments: readonly FunnelSegment[];
  /** Entries with other values; `null` when there are none. */
  readonly other: FunnelCounts | null;
}

interface Passage {
  readonly segment: string | null;
  readonly reached: number;
  /** From first to last step; `null` for who did not reach it. */
  readonly tookMs: number | null;
}

/**
 * Folds users through a funnel. A user counts once per entry period, by the first event of step one in it. Each further
 * step is the earliest of its name after the previous one in the total order, within the window from step one.
 */
export class FunnelFold implements KeyedFold<Step, Step[], FunnelBucket[]> {
  readonly #funnel: Funnel;
  readonly #periods: Periods;
  readonly #passages = new Map<number, Passage[]>();

  constructor(funnel: Funnel, periods: Periods) {
    this.#funnel = funnel;
    this.#periods = periods;
  }

  start(): Step[] {
    return [];
  }

  add(state: Step[], step: Step): number {
    if (!this.#funnel.steps.some((wanted) => isNamed(step, wanted))) return 0;
    state.push(step);
    return 1;
  }

  end(state: Step[]): void {
    const steps = state.sort(compareSteps);
    const [first] = this.#funnel.steps;
    const entered = new Set<number>();
    for (const [index, step] of steps.entries()) {
      if (first === undefined || !isNamed(step, first)) continue;
      const period = periodAt(this.#periods, step.time);
      if (period === null || entered.has(period)) continue;
      entered.add(period);
      entryOf(this.#passages, period, () => []).push(this.#passage(steps, index));
    }
  }

  /** One bucket per period of the range, in order. */
  answer(): FunnelBucket[] {
    return periodsOf(this.#periods).map((period) => {
      const passages = this.#passages.get(period) ?? [];
      const { segments, other } = this.#segments(passages);
      return { start: dateOf(period), ...this.#countsOf(passages), segments, other };
    });
  }

  #passage(steps: readonly Step[], entryIndex: number): Passage {
    const { steps: wanted, windowMs, breakdown } = this.#funnel;
    const entry = steps[entryIndex];
    if (entry === undefined) throw new Error("a passage without entry");
    let reached = 1;
    let last = entry;
    for (const step of steps.slice(entryIndex + 1)) {
      const next = wanted[reached];
      if (next === undefined || step.time - entry.time > windowMs) break;
      if (!isNamed(step, next) || compareSteps(last, step) >= 0) continue;
      last = step;
      reached += 1;
    }
    const segment = breakdown === null ? null : propertyOf(entry, breakdown);
    return { segment, reached, tookMs: reached === wanted.length ? last.time - entry.time : null };
  }

  #segments(passages: readonly Passage[]): { segments: FunnelSegment[]; other: FunnelCounts | null } {
    if (this.#funnel.breakdown === null) return { segments: [], other: null };
    const byValue = new Map<string | null, Passage[]>();
    for (const passage of passages) entryOf(byValue, passage.segment, () => []).push(passage);
    const ordered = [...byValue].sort(([a, some], [b, others]) => {
      return others.length - some.length || compareText(a ?? "", b ?? "") || (a === null ? -1 : 1);
    });
    const segments = ordered.slice(0, breakdownValuesMax).map(([value, some]) => ({ value, ...this.#countsOf(some) }));
    const rest = ordered.slice(breakdownValuesMax).flatMap(([, some]) => some);
    return { segments, other: rest.length === 0 ? null : this.#countsOf(rest) };
  }

  #countsOf(passages: readonly Passage[]): FunnelCounts {
    const reached = this.#funnel.steps.map((_, index) => passages.filter((one) => one.reached > index).length);
    const times = passages.flatMap(({ tookMs }) => (tookMs === null ? [] : [tookMs])).sort((a, b) => a - b);
    const denominator = passages.length;
    return {
      reached,
      conversion: {
        numerator: times.length,
        denominator,
        value: denominator === 0 ? null : times.length / denominator,
      },
      timeToConvertMs: { p50: quantileDisc(times, 50), p90: quantileDisc(times, 90) },
    };
  }
}
