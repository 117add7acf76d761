import { entryOf } from "../grouped.ts";
import { dateOf, periodAt, type Periods, periodsOf } from "../period.ts";
import type { Session } from "./session.ts";

/** A ratio, kept as its two numbers; no value where the denominator is 0. */
export interface Ratio {
  readonly numerator: number;
  readonly denominator: number;
  readonly value: number | null;
}

/** The sessions of one period. */
export interface SessionBucket {
  /** First local day of the period. */
  readonly start: string;
  readonly sessions: number;
  /** Mean time from first to last event, ms. */
  readonly duration: Ratio;
  readonly pagesPerSession: Ratio;
  readonly bounceRate: Ratio;
  /** Mean time from a page or screen to the next one of its session, ms; last ones are left out. */
  readonly timeOnPage: Ratio;
}

interface Sums {
  sessions: number;
  durationMs: number;
  pages: number;
  bounces: number;
  pageMs: number;
  pagesLeft: number;
}

/** Adds sessions up by the period of their start. Sums are of whole milliseconds, hence the same in any order. */
export class SessionFold {
  readonly #periods: Periods;
  readonly #sums = new Map<number, Sums>();

  constructor(periods: Periods) {
    this.#periods = periods;
  }

  add(session: Session): void {
    const period = periodAt(this.#periods, session.start_time);
    if (period === null) return;
    const sums = entryOf(this.#sums, period, none);
    sums.sessions += 1;
    sums.durationMs += session.end_time - session.start_time;
    sums.pages += session.pages;
    sums.bounces += session.is_bounce ? 1 : 0;
    sums.pageMs += session.page_ms;
    sums.pagesLeft += Math.max(session.pages - 1, 0);
  }

  /** One bucket per period of the range, in order. */
  answer(): SessionBucket[] {
    return periodsOf(this.#periods).map((period) => {
      const sums = this.#sums.get(period) ?? none();
      return {
        start: dateOf(period),
        sessions: sums.sessions,
        duration: ratio(sums.durationMs, sums.sessions),
        pagesPerSession: ratio(sums.pages, sums.sessions),
        bounceRate: ratio(sums.bounces, sums.sessions),
        timeOnPage: ratio(sums.pageMs, sums.pagesLeft),
      };
    });
  }
}

function none(): Sums {
  return { sessions: 0, durationMs: 0, pages: 0, bounces: 0, pageMs: 0, pagesLeft: 0 };
}

function ratio(numerator: number, denominator: number): Ratio {
  return { numerator, denominator, value: denominator === 0 ? null : numerator / denominator };
}
