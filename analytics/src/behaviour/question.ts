import { fail, ok, type Result } from "@sluice/schema";
import { dayMs, parseDay } from "../day.ts";
import { onlyKnown } from "../hour-range.ts";
import { firstOfPeriod } from "../local-period.ts";
import { invalid, type Problem } from "../problem.ts";
import { isTimeZone, LocalDays, refusedFirstDay } from "../time-zone.ts";
import type { EventName } from "./event-name.ts";
import { eventName, eventNameRule } from "./funnel-definition.ts";
import type { DayInterval, Periods } from "../period.ts";
import type { RetentionMode } from "./retention.ts";

/** Days that one question may span. */
const questionDaysMax = 400;
/** Periods after the first that retention, and days that lifetime value, may be asked for. */
const offsetsMax = 400;

/** The range of a question. */
export interface RangeQuestion {
  readonly periods: Periods;
  readonly timezone: string;
}

const rangeNames = ["from", "to", "interval", "timezone", "project"] as const;

/**
 * Reads `from`, `to` (local days, `to` exclusive), `interval` and `timezone`, and refuses parameters that are not known.
 *
 * @param names of the question's further parameters.
 * @param intervals that it can be divided by, the default first.
 */
export function rangeQuestion(
  search: URLSearchParams,
  names: readonly string[],
  intervals: readonly DayInterval[],
  timezoneDefault: string,
): Result<RangeQuestion, Problem> {
  const known = onlyKnown(search, [...rangeNames, ...names]);
  if (!known.ok) return known;
  const timezone = search.get("timezone") ?? timezoneDefault;
  if (!isTimeZone(timezone)) return fail(invalid("timezone", "timezone must be an IANA zone such as Asia/Kathmandu."));
  const asked = search.get("interval") ?? intervals[0];
  const interval = intervals.find((one) => one === asked);
  if (interval === undefined) return fail(invalid("interval", `interval must be ${intervals.join(" or ")}.`));
  const fromMs = parseDay(search.get("from") ?? "");
  if (fromMs === null) return fail(invalid("from", "from must be a day YYYY-MM-DD (inclusive)."));
  const toMs = parseDay(search.get("to") ?? "");
  if (toMs === null) return fail(invalid("to", "to must be a day YYYY-MM-DD (exclusive)."));
  const [fromDay, toDay] = [fromMs / dayMs, toMs / dayMs];
  if (toDay <= fromDay) return fail(invalid("to", "to must be later than from: it is exclusive."));
  if (toDay - fromDay > questionDaysMax) {
    return fail(invalid("to", `from and to may span at most ${questionDaysMax} days.`));
  }
  const refused = refusedFirstDay(timezone, fromDay);
  if (refused !== null) return fail(invalid("from", refused));
  for (const [name, day] of [
    ["from", fromDay],
    ["to", toDay],
  ] as const) {
    if (firstOfPeriod(interval, day) === day) continue;
    const first = interval === "week" ? "a Monday" : "the first of a month";
    return fail(invalid(name, `${name} must be ${first}, so that no ${interval} is cut.`));
  }
  return ok({ timezone, periods: { days: new LocalDays(timezone), interval, fromDay, toDay } });
}

/** Reads a parameter that names an event; `fallback` where it is absent. */
export function eventParameter<Fallback>(
  search: URLSearchParams,
  name: string,
  fallback: Fallback,
): Result<EventName | Fallback, Problem> {
  const text = search.get(name);
  if (text === null) return ok(fallback);
  const event = eventName(text);
  return event === null ? fail(invalid(name, `${name} must be ${eventNameRule}`)) : ok(event);
}

/** Reads a whole number from 1 to `max`. */
export function countParameter(
  search: URLSearchParams,
  name: string,
  fallback: number,
  max: number,
): Result<number, Problem> {
  const text = search.get(name);
  if (text === null) return ok(fallback);
  const count = /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 0;
  return count >= 1 && count <= max
    ? ok(count)
    : fail(invalid(name, `${name} must be a whole number from 1 to ${max}.`));
}

/** Reads `mode` (`exact`, `unbounded`, `bounded`), `periods` and, for bounded retention, `ranges` such as `1-7,8-14`. */
export function retentionMode(search: URLSearchParams): Result<RetentionMode, Problem> {
  const kind = search.get("mode") ?? "exact";
  const count = countParameter(search, "periods", 31, offsetsMax);
  if (!count.ok) return count;
  if (kind === "exact" || kind === "unbounded") return ok({ kind, count: count.value });
  if (kind !== "bounded") return fail(invalid("mode", "mode must be exact, unbounded or bounded."));
  const texts = (search.get("ranges") ?? "").split(",");
  const ranges = texts.map((text) => {
    const [, from, to] = /^(\d{1,3})-(\d{1,3})$/.exec(text) ?? [];
    return [Number(from ?? -1), Number(to ?? -1)] as const;
  });
  if (texts.length > 50 || ranges.some(([from, to]) => from < 0 || to < from || to > offsetsMax)) {
    return fail(
      invalid("ranges", `ranges must be 1 to 50 of the form FROM-TO, at most ${offsetsMax}, such as 1-7,8-14.`),
    );
  }
  return ok({ kind, ranges });
}
