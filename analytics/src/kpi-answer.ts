import { compareText } from "@sluice/lake";
import type { CampaignNumbers } from "./campaign-numbers.ts";
import { dayMs, dayText, graceMs } from "./day.ts";
import type { EventNumbers } from "./event-numbers.ts";
import type { KpiQuestion } from "./kpi-params.ts";
import { isLiveMetric, type LiveNumbers, needsLiveUsers } from "./live/live-numbers.ts";
import { type BucketValue, comparison, type Compared, valueOf } from "./kpi-value.ts";
import { countsUsers, type MetricName, type Metric, metrics, type Unit } from "./metrics.ts";
import { comparedPeriod, type Period, periodsAsked } from "./period.ts";
import type { LocalDays } from "./time-zone.ts";
import type { UserNumbers } from "./user-numbers.ts";

/** Groups of a breakdown that an answer lists: those with the most. */
const groupsMax = 100;

/** One period of one metric. */
interface Bucket {
  /** First local day, `YYYY-MM-DD`; by hour `YYYY-MM-DDTHH:mm+HH:mm`. */
  readonly start: string;
  /** Whether the number is final but for data that arrives later than the grace. */
  readonly complete: boolean;
  readonly value: BucketValue;
  /** With `compare`: the period that it is compared with. */
  readonly previous?: { readonly start: string; readonly value: BucketValue } & Compared;
}

/** One metric's numbers. */
interface MetricAnswer {
  readonly version: number;
  readonly unit: Unit;
  /** Everything published before this instant is in the numbers, late events of the last hours aside. ISO 8601. */
  readonly asOf: string;
  /** Whether what no roll-up held at that instant is in the days that were still open. */
  readonly live: boolean;
  readonly buckets: readonly Bucket[];
  /** With `breakdown`: the groups with the most, by name. `null` holds what was not kept apart. */
  readonly groups?: readonly { readonly group: string | null; readonly buckets: readonly Bucket[] }[];
  /** Groups beyond those listed. */
  readonly groupsLeftOut?: number;
}

/** The reply of `GET /v1/kpis`. */
export interface KpiAnswer {
  readonly project: string;
  readonly interval: KpiQuestion["interval"];
  readonly timezone: string;
  /** Release of the time zone data by which local days were told. */
  readonly tzdata: string;
  readonly from: string;
  readonly to: string;
  /** The oldest of the metrics'. */
  readonly asOf: string;
  /** Whether every metric is. */
  readonly live: boolean;
  readonly metrics: Readonly<Record<string, MetricAnswer>>;
}

/** What the project contributes to an answer. */
export interface ProjectFacts {
  readonly project: string;
  /** When the last roll-up began that found all logs read; before the first, when the project was made. */
  readonly asOfMs: number;
  /** The same for numbers that reach back over days before: weekly, monthly, returning users. */
  readonly trailAsOfMs: number;
}

/** The numbers that a question is answered from. */
export interface Sources {
  readonly events: EventNumbers;
  readonly users: UserNumbers;
  /** What campaigns cost and brought. */
  readonly campaigns: CampaignNumbers;
  readonly local: LocalDays;
  readonly tzdata: string;
  /** The same as of now, where that can be told. */
  readonly live: LiveNumbers | null;
}

/** Answers a question; a period without data counts as zero. */
export function kpiAnswer(question: KpiQuestion, facts: ProjectFacts, sources: Sources): KpiAnswer {
  const periods = periodsAsked(question, sources.local);
  const answered = question.metrics.map((name) => {
    const metric = metrics.get(name);
    if (metric === undefined) throw new Error(`metric ${name} has no definition`);
    return [name, metricAnswer(metric, question, facts, sources, periods)] as const;
  });
  return {
    project: facts.project,
    interval: question.interval,
    timezone: question.timezone,
    tzdata: sources.tzdata,
    from: dayText(question.fromDay * dayMs),
    to: dayText(question.toDay * dayMs),
    asOf: answered.map(([, { asOf }]) => asOf).reduce((a, b) => (a < b ? a : b)),
    live: answered.every(([, { live }]) => live),
    metrics: Object.fromEntries(answered),
  };
}

function metricAnswer(
  metric: Metric,
  question: KpiQuestion,
  facts: ProjectFacts,
  sources: Sources,
  periods: readonly Period[],
): MetricAnswer {
  const { name, version, unit } = metric;
  const live = liveSources(metric, question, sources);
  const asOfMs = readsTrail(metric, question) ? Math.min(facts.asOfMs, facts.trailAsOfMs) : facts.asOfMs;
  const bucketsOf = (read: (period: Period) => BucketValue): Bucket[] => {
    return periods.map((period) => bucketOf(period, asOfMs, question, sources.local, read));
  };
  const buckets = bucketsOf((period) => valueOf(name, question.interval, period, { ...sources, ...live }));
  const asOf = new Date(live?.asOfMs ?? asOfMs).toISOString();
  const base = { version, unit, asOf, live: live !== null, buckets };
  if (question.breakdown === null) return base;
  const counts = new Map(periods.map((period) => [period.start, groupCounts(name, question, period, sources)]));
  const totals = new Map<string | null, number>();
  for (const groups of counts.values()) {
    for (const [group, count] of groups) totals.set(group, (totals.get(group) ?? 0) + count);
  }
  const order = [...totals].sort(([a, some], [b, more]) => more - some || compareText(a ?? "", b ?? ""));
  const groups = order.slice(0, groupsMax).map(([group]) => {
    const read = (period: Period): number => {
      const held = counts.get(period.start) ?? groupCounts(name, question, period, sources);
      return held.get(group) ?? 0;
    };
    return { group, buckets: bucketsOf(read) };
  });
  return { ...base, groups, groupsLeftOut: Math.max(0, order.length - groupsMax) };
}

/** What a metric is answered from as of now; `null` where that is the roll-ups alone. */
function liveSources(
  metric: Metric,
  question: KpiQuestion,
  sources: Sources,
): (Pick<Sources, "events" | "users"> & { readonly asOfMs: number }) | null {
  const { live } = sources;
  if (live === null || !isLiveMetric(metric, question)) return null;
  if (!needsLiveUsers(metric, question)) return { ...live, users: sources.users };
  return live.users === null ? null : { ...live, users: live.users };
}

/** Whether a metric is answered from rows that are counted less often than those of the days. */
export function readsTrail(metric: Metric, { interval }: KpiQuestion): boolean {
  return metric.origin === "trail" || (countsUsers(metric) && interval !== "day" && interval !== "hour");
}

function bucketOf(
  period: Period,
  asOfMs: number,
  { interval, compare }: KpiQuestion,
  local: LocalDays,
  read: (period: Period) => BucketValue,
): Bucket {
  const value = read(period);
  const bucket = { start: period.start, complete: period.toMs + graceMs <= asOfMs, value };
  if (compare === null) return bucket;
  const other = comparedPeriod(period, interval, compare, local);
  const before = read(other);
  return { ...bucket, previous: { start: other.start, value: before, ...comparison(value, before) } };
}

/** Counts of a period by group. */
function groupCounts(
  name: MetricName,
  { interval, breakdown }: KpiQuestion,
  period: Period,
  { events, users }: Sources,
): Map<string | null, number> {
  if (name === "events") return breakdown === "event" ? events.byName(period) : events.byValue(period);
  const sizes = users.byCell(interval, period.firstDay);
  const prefix = `${breakdown ?? ""}=`;
  const own = [...sizes].filter(([cell]) => cell.startsWith(prefix));
  return new Map(own.map(([cell, size]) => [cell.slice(prefix.length), size]));
}
