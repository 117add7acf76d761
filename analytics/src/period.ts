import { dayMs, dayText } from "./day.ts";
import { firstOfPeriod, type Interval, nextPeriod, previousPeriod } from "./local-period.ts";
import type { Comparison, KpiQuestion } from "./kpi-params.ts";
import { quarterMs } from "./quarter-hours.ts";
import type { LocalDays } from "./time-zone.ts";

const hourMs = 3_600_000;

/** Lengths of periods of whole days. */
export type DayInterval = Exclude<Interval, "hour">;

/** Local days, and the periods that they are cut into. */
export interface Periods {
  readonly days: LocalDays;
  readonly interval: DayInterval;
  /** First local day; begins a period. */
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
export function periodsOf({ interval, fromDay, toDay }: Omit<Periods, "days">): number[] {
  const periods: number[] = [];
  for (let first = fromDay; first < toDay; first = nextPeriod(interval, first)) periods.push(first);
  return periods;
}

/** The date of a local day, `YYYY-MM-DD`. */
export function dateOf(day: number): string {
  return dayText(day * dayMs);
}

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
export function periodsAsked(
  { fromDay, toDay, interval }: Pick<KpiQuestion, "fromDay" | "toDay" | "interval">,
  local: LocalDays,
): Period[] {
  if (interval === "hour") {
    return Array.from({ length: toDay - fromDay }, (_, i) => hoursOf(fromDay + i, local)).flat();
  }
  return periodsOf({ interval, fromDay, toDay }).map((first) => periodFrom(interval, first, local));
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

function periodFrom(interval: DayInterval, first: number, local: LocalDays): Period {
  const [fromMs, toMs] = [local.startMs(first), local.startMs(nextPeriod(interval, first))];
  return { start: dateOf(first), firstDay: first, fromMs, toMs };
}

/** The hours that the zone's clock shows on a day; one that it shows twice is two. */
function hoursOf(day: number, local: LocalDays): Period[] {
  const endMs = local.startMs(day + 1);
  const starts: number[] = [];
  for (let ms = local.startMs(day); ms < endMs; ms += quarterMs) {
    if (hourStart(ms, local) === ms) starts.push(ms);
  }
  return starts.map((fromMs, index) => {
    return { start: localTimeText(fromMs, local), firstDay: day, fromMs, toMs: starts[index + 1] ?? endMs };
  });
}

/** When the clock's hour began that holds a quarter hour: at the last full hour that the clock showed, or with the day. */
export function hourStart(quarter: number, local: LocalDays): number {
  const dayStartMs = local.startMs(local.dayOf(quarter));
  let startMs = quarter;
  while (startMs > dayStartMs && (startMs + local.offsetMs(startMs)) % hourMs !== 0) startMs -= quarterMs;
  return startMs;
}

/** What the zone's clock shows at the start of a quarter hour, and its offset: `2026-11-01T13:00+05:45`. */
export function localTimeText(timeMs: number, local: LocalDays): string {
  const offsetMs = local.offsetMs(timeMs);
  const clock = new Date(timeMs + offsetMs).toISOString().slice(0, 16);
  const offset = new Date(Math.abs(offsetMs)).toISOString().slice(11, 16);
  return `${clock}${offsetMs < 0 ? "-" : "+"}${offset}`;
}
