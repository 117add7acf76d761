import { dayMs, dayText } from "./day.ts";
import { type Interval, nextPeriod, previousPeriod } from "./local-period.ts";
import type { Comparison, KpiQuestion } from "./kpi-params.ts";
import { quarterMs } from "./quarter-hours.ts";
import type { LocalDays } from "./time-zone.ts";

const hourMs = 3_600_000;

/** A bucket of an answer: whole quarter hours. */
export interface Period {
  /** `YYYY-MM-DD`, the first local day; by hour local time and offset, `YYYY-MM-DDTHH:mm+HH:mm`. */
  readonly start: string;
  /** The local day with which it begins, or in which it lies. */
  readonly firstDay: number;
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
}

/** The periods that a question asks for, in order. */
export function periodsAsked({ fromDay, toDay, interval }: KpiQuestion, local: LocalDays): Period[] {
  const periods: Period[] = [];
  if (interval === "hour") {
    for (let day = fromDay; day < toDay; day++) periods.push(...hoursOf(day, local));
    return periods;
  }
  for (let first = fromDay; first < toDay; first = nextPeriod(interval, first)) {
    periods.push(periodFrom(interval, first, local));
  }
  return periods;
}

/** The period that another one is compared with. */
export function comparedPeriod(period: Period, interval: Interval, compare: Comparison, local: LocalDays): Period {
  if (compare === "week") return periodFrom("day", period.firstDay - 7, local);
  if (interval !== "hour") return periodFrom(interval, previousPeriod(interval, period.firstDay), local);
  const day = local.dayOf(period.fromMs - 1);
  const before = hoursOf(day, local).findLast((hour) => hour.fromMs < period.fromMs);
  if (before === undefined) throw new Error("a local day without hours");
  return before;
}

function periodFrom(interval: Exclude<Interval, "hour">, first: number, local: LocalDays): Period {
  const [fromMs, toMs] = [local.startMs(first), local.startMs(nextPeriod(interval, first))];
  return { start: dayText(first * dayMs), firstDay: first, fromMs, toMs };
}

/** The hours that the zone's clock shows on a day; one that it shows twice is two. */
function hoursOf(day: number, local: LocalDays): Period[] {
  const endMs = local.startMs(day + 1);
  const starts: number[] = [];
  for (let ms = local.startMs(day); ms < endMs; ms += quarterMs) {
    const isFullHour = (ms + local.offsetMs(ms)) % hourMs === 0;
    if (isFullHour || starts.length === 0) starts.push(ms);
  }
  return starts.map((fromMs, index) => {
    return { start: localTimeText(fromMs, local), firstDay: day, fromMs, toMs: starts[index + 1] ?? endMs };
  });
}

function localTimeText(timeMs: number, local: LocalDays): string {
  const offsetMs = local.offsetMs(timeMs);
  const clock = new Date(timeMs + offsetMs).toISOString().slice(0, 16);
  const offset = new Date(Math.abs(offsetMs)).toISOString().slice(11, 16);
  return `${clock}${offsetMs < 0 ? "-" : "+"}${offset}`;
}
