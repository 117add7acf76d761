import { graceMs } from "../day.ts";
import { firstOfPeriod, nextPeriod } from "../local-period.ts";
import { tzdataVersion } from "../time-zone.ts";
import { type BehaviourKpiName, behaviourKpis } from "./catalogue.ts";
import { dateOf } from "../period.ts";
import type { RangeQuestion } from "./question.ts";

/** When the numbers are of. */
export interface AnswerTime {
  /** Everything published before is in them. */
  readonly asOfMs: number;
  readonly tail: Tail;
}

/** How long after a bucket its events can still change it, lateness aside: some local days, and some ms. */
export interface Tail {
  readonly days: number;
  readonly ms: number;
}

/**
 * The envelope of every behavioural answer: what was asked, by which version of the definition and which time zone data, as
 * of when, and whether the range is complete: its last event that may count, and the grace for late ones, lie before that.
 */
export function behaviourAnswer(
  kpi: BehaviourKpiName,
  project: string,
  { periods, timezone }: RangeQuestion,
  { asOfMs, tail }: AnswerTime,
  answer: object,
): object {
  const { days, interval, fromDay, toDay } = periods;
  // What may change for ever has no such day.
  const isComplete = (endDay: number): boolean =>
    tail.days < Infinity && days.startMs(endDay + tail.days) + tail.ms + graceMs <= asOfMs;
  return {
    project,
    kpi,
    version: behaviourKpis[kpi].version,
    timezone,
    tzdata: tzdataVersion(undefined),
    interval,
    from: dateOf(fromDay),
    to: dateOf(toDay),
    asOf: new Date(asOfMs).toISOString(),
    complete: isComplete(toDay),
    /** The first period that is not complete; `null` when all are. */
    incompleteFrom: isComplete(toDay) ? null : firstIncomplete(),
    ...answer,
  };

  function firstIncomplete(): string {
    let period = firstOfPeriod(interval, fromDay);
    while (isComplete(nextPeriod(interval, period))) period = nextPeriod(interval, period);
    return dateOf(period);
  }
}
