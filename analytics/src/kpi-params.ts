import { fail, ok, type Result } from "@sluice/schema";
import { eventName } from "./behaviour/funnel-definition.ts";
import { dayMs, dayText, parseDay } from "./day.ts";
import { type Dimension, isDimension } from "./dimensions.ts";
import { firstOfPeriod, type Interval, intervals } from "./local-period.ts";
import { countedEvents, isMetricName, metricNames, type MetricName, metrics } from "./metrics.ts";
import { invalid, type Problem } from "./problem.ts";
import { isTimeZone, refusedFirstDay } from "./time-zone.ts";

/** Local days that one question may span. */
const queryDaysMax = 400;
/** Days that a question by hour may span. */
const hourlyDaysMax = 31;

/** What a bucket is compared with: the period before it, or the same day and hour a week before. */
export type Comparison = "previous" | "week";

/** A question that can be answered. Local days are counted from 1970-01-01. */
export interface KpiQuestion {
  /** In the order asked, without repetition; at least one. */
  readonly metrics: readonly MetricName[];
  readonly fromDay: number;
  /** The day after the last. */
  readonly toDay: number;
  readonly interval: Interval;
  readonly timezone: string;
  /** What each number is broken down by; `null` for not at all. */
  readonly breakdown: "event" | Dimension | null;
  readonly compare: Comparison | null;
  /** Users whose events are flagged as a bot's count as well. */
  readonly includesBots: boolean;
  /** Name of the track event that cpa counts. */
  readonly conversion: string;
  /** A project named by the asker; must be the token's. */
  readonly project: string | null;
}

const known: readonly string[] = [
  "metrics",
  "from",
  "to",
  "interval",
  "timezone",
  "breakdown",
  "compare",
  "bots",
  "conversion",
  "project",
];

/** What the project says about its questions. */
interface AskedProject {
  /** The zone of questions that name none. */
  readonly timezone: string;
  readonly dimensions: readonly Dimension[];
}

/** Reads the query string of `GET /v1/kpis`; every refusal names the parameter and what it may be. */
export function kpiQuestion(search: URLSearchParams, project: AskedProject): Result<KpiQuestion, Problem> {
  for (const name of new Set(search.keys())) {
    if (!known.includes(name)) {
      return fail(invalid(name.slice(0, 40), `Unknown parameter. Known are ${known.join(", ")}.`));
    }
    if (search.getAll(name).length > 1) return fail(invalid(name, `${name} may be given once only.`));
  }
  const interval = intervals.find((name) => name === (search.get("interval") ?? "day"));
  if (interval === undefined) return fail(invalid("interval", `interval must be one of ${intervals.join(", ")}.`));
  const timezone = search.get("timezone") ?? project.timezone;
  if (!isTimeZone(timezone)) {
    return fail(invalid("timezone", "timezone must be the IANA name of a time zone, such as Europe/Berlin or UTC."));
  }
  const names = metricsOf(search.get("metrics"), interval);
  if (!names.ok) return names;
  const range = rangeOf(search, interval, timezone);
  if (!range.ok) return range;
  const breakdown = breakdownOf(search.get("breakdown"), names.value, project.dimensions, interval);
  if (!breakdown.ok) return breakdown;
  const options = optionsOf(search, interval);
  if (!options.ok) return options;
  const conversion = conversionOf(search.get("conversion"), names.value);
  if (!conversion.ok) return conversion;
  const asked = {
    conversion: conversion.value,
    metrics: names.value,
    interval,
    timezone,
    breakdown: breakdown.value,
    project: search.get("project"),
  };
  return ok({ ...asked, ...range.value, ...options.value });
}

function metricsOf(text: string | null, interval: Interval): Result<readonly MetricName[], Problem> {
  const names = (text ?? "").split(",").map((name) => name.trim());
  const refused = names.find((name) => !isMetricName(name));
  if (text === null || refused !== undefined || names.length > metricNames.length) {
    const detail = `metrics must be a comma-separated list of distinct names out of ${metricNames.join(", ")}.`;
    return fail(invalid("metrics", detail));
  }
  const distinct = [...new Set(names.filter(isMetricName))];
  for (const name of distinct) {
    const can = metrics.get(name)?.intervals ?? [];
    if (!can.includes(interval)) return fail(invalid("interval", `${name} can be asked by ${can.join(", ")} only.`));
  }
  return ok(distinct);
}

function rangeOf(
  search: URLSearchParams,
  interval: Interval,
  timezone: string,
): Result<{ fromDay: number; toDay: number }, Problem> {
  const fromMs = parseDay(search.get("from") ?? "");
  if (fromMs === null) return fail(invalid("from", "from must be a day YYYY-MM-DD (local, inclusive)."));
  const toMs = parseDay(search.get("to") ?? "");
  if (toMs === null) return fail(invalid("to", "to must be a day YYYY-MM-DD (local, exclusive)."));
  if (toMs <= fromMs) return fail(invalid("to", `to must be later than from (${dayText(fromMs)}): it is exclusive.`));
  const daysMax = interval === "hour" ? hourlyDaysMax : queryDaysMax;
  if (toMs - fromMs > daysMax * dayMs) {
    return fail(invalid("to", `from and to may span at most ${daysMax} days by ${interval}.`));
  }
  const [fromDay, toDay] = [fromMs / dayMs, toMs / dayMs];
  const refused = refusedFirstDay(timezone, fromDay);
  if (refused !== null) return fail(invalid("from", refused));
  if (interval === "week" || interval === "month") {
    const what = interval === "week" ? "a Monday" : "the first day of a month";
    if (firstOfPeriod(interval, fromDay) !== fromDay) return fail(invalid("from", `from must be ${what}.`));
    if (firstOfPeriod(interval, toDay) !== toDay) return fail(invalid("to", `to must be ${what}: it is exclusive.`));
  }
  return ok({ fromDay, toDay });
}

function breakdownOf(
  text: string | null,
  names: readonly MetricName[],
  dimensions: readonly Dimension[],
  interval: Interval,
): Result<KpiQuestion["breakdown"], Problem> {
  if (text === null) return ok(null);
  const isDeclared = isDimension(text) && dimensions.includes(text);
  if (text !== "event" && !isDeclared) {
    const can = ["event", ...dimensions].join(", ");
    return fail(invalid("breakdown", `breakdown must be one of ${can}: no cell holds anything else for this project.`));
  }
  const refused = names.find((name) => metrics.get(name)?.hasBreakdown !== true);
  if (refused !== undefined) return fail(invalid("breakdown", `${refused} cannot be broken down: no cell holds it.`));
  if (interval === "hour" && names.includes("active_users")) {
    return fail(invalid("breakdown", "active_users cannot be broken down by hour; ask by day."));
  }
  return ok(text === "event" ? "event" : (text as Dimension));
}

function conversionOf(text: string | null, names: readonly MetricName[]): Result<string, Problem> {
  if (text === null) return ok(countedEvents.orderCompleted);
  if (!names.includes("cpa")) return fail(invalid("conversion", "conversion belongs to the metric cpa."));
  const event = eventName(text);
  if (event?.type === "track") return ok(event.name);
  return fail(invalid("conversion", "conversion must name a track event, event:NAME."));
}

function optionsOf(
  search: URLSearchParams,
  interval: Interval,
): Result<Pick<KpiQuestion, "compare" | "includesBots">, Problem> {
  const compare = search.get("compare");
  if (compare !== null && compare !== "previous" && compare !== "week") {
    return fail(invalid("compare", "compare must be previous (the period before) or week (seven days before)."));
  }
  if (compare === "week" && interval !== "day") {
    return fail(invalid("compare", "compare=week needs interval=day; by week, previous is the week before."));
  }
  const bots = search.get("bots") ?? "exclude";
  if (bots !== "exclude" && bots !== "include") return fail(invalid("bots", "bots must be exclude or include."));
  return ok({ compare, includesBots: bots === "include" });
}
