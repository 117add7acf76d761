import { formatDecimal } from "@sluice/lake";
import { dayMs, dayText, isComplete } from "./day.ts";
import type { KpiQuestion } from "./kpi-params.ts";
import { countedEvents, metrics, type MetricName, type Unit } from "./metrics.ts";
import { divideMicros, microsOf } from "./money.ts";
import type { DayRollup } from "./rollup-body.ts";

/** A ratio, kept as its two numbers; no value where the denominator is 0. */
export interface RatioValue {
  readonly numerator: number;
  readonly denominator: number;
  readonly value: number | null;
}

/** A ratio of money to a count, in one currency. */
export interface MoneyRatioValue {
  /** Decimal text, six digits. */
  readonly numerator: string;
  readonly denominator: number;
  /** Decimal text, six digits, rounded half to even. */
  readonly value: string;
}

/** `count`: a number. `money`: decimal text by currency. `money ratio`: by currency. `ratio`: one. */
type BucketValue = number | Readonly<Record<string, string>> | Readonly<Record<string, MoneyRatioValue>> | RatioValue;

/** One day of one metric. */
interface Bucket {
  /** `YYYY-MM-DD`. */
  readonly start: string;
  /** Whether the number is final but for data that arrives later than the grace. */
  readonly complete: boolean;
  readonly value: BucketValue;
}

/** The reply of `GET /v1/kpis`. */
export interface KpiAnswer {
  readonly project: string;
  readonly interval: "day";
  readonly timezone: "UTC";
  readonly from: string;
  readonly to: string;
  /** Everything published before this instant is in the numbers, late events of the last hours aside. ISO 8601. */
  readonly asOf: string;
  /** Whether events that were not rolled up at that instant are in the numbers of the days that were still open. */
  readonly live: boolean;
  readonly metrics: Readonly<Record<string, { version: number; unit: Unit; buckets: readonly Bucket[] }>>;
}

/** What the project contributes to an answer. */
export interface ProjectFacts {
  readonly project: string;
  /** Currency of events that state none. */
  readonly currency: string;
  /** When the last roll-up began that found all logs read; before the first, when the project was made. */
  readonly asOfMs: number;
  readonly isLive: boolean;
}

/** Answers a question from the roll-ups of its days; a day without roll-up counts as zero. */
export function kpiAnswer(
  question: KpiQuestion,
  facts: ProjectFacts,
  rollups: ReadonlyMap<string, DayRollup>,
): KpiAnswer {
  const answered = question.metrics.map((name) => {
    const metric = metrics.get(name);
    if (metric === undefined) throw new Error(`metric ${name} has no definition`);
    const buckets: Bucket[] = [];
    for (let day = question.fromMs; day < question.toMs; day += dayMs) {
      const start = dayText(day);
      const rollup = rollups.get(start) ?? { counts: null, money: null, users: null };
      const complete = isComplete(day, facts.asOfMs);
      buckets.push({ start, complete, value: valueOf(name, rollup, facts.currency) });
    }
    return [name, { version: metric.version, unit: metric.unit, buckets }] as const;
  });
  return {
    project: facts.project,
    interval: "day",
    timezone: "UTC",
    from: dayText(question.fromMs),
    to: dayText(question.toMs),
    asOf: new Date(facts.asOfMs).toISOString(),
    live: facts.isLive,
    metrics: Object.fromEntries(answered),
  };
}

function valueOf(name: MetricName, day: DayRollup, currency: string): BucketValue {
  switch (name) {
    case "events":
      return day.counts?.rows ?? 0;
    case "page_views":
      return day.counts?.types.find(([type]) => type === "page")?.[1] ?? 0;
    case "dau":
      return day.users?.dau ?? 0;
    case "orders":
      return eventCount(day, [countedEvents.orderCompleted]);
    case "impressions":
      return eventCount(day, countedEvents.impressions);
    case "clicks":
      return eventCount(day, countedEvents.clicks);
    case "ctr":
      return ratio(eventCount(day, countedEvents.clicks), eventCount(day, countedEvents.impressions));
    case "revenue":
      return revenueOf(moneyByCurrency(day, currency));
    case "aov":
      return orderValueOf(moneyByCurrency(day, currency));
  }
}

function eventCount(day: DayRollup, names: readonly string[]): number {
  const events = day.counts?.events ?? [];
  return events.reduce((sum, [name, count]) => (names.includes(name) ? sum + count : sum), 0);
}

function ratio(numerator: number, denominator: number): RatioValue {
  return { numerator, denominator, value: denominator === 0 ? null : numerator / denominator };
}

interface Money {
  orders: number;
  orderMicros: bigint;
  refundMicros: bigint;
}

/** Money by stated currency; events without one are added to the project's default. */
function moneyByCurrency(day: DayRollup, currency: string): Map<string, Money> {
  const sums = new Map<string, Money>();
  for (const stored of day.money?.currencies ?? []) {
    const key = stored.currency === "" ? currency : stored.currency;
    const sum = sums.get(key) ?? { orders: 0, orderMicros: 0n, refundMicros: 0n };
    sum.orders += stored.orders;
    sum.orderMicros += microsOf(stored.orderRevenue) ?? 0n;
    sum.refundMicros += microsOf(stored.refundRevenue) ?? 0n;
    sums.set(key, sum);
  }
  return new Map([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function revenueOf(sums: ReadonlyMap<string, Money>): Record<string, string> {
  return Object.fromEntries([...sums].map(([key, sum]) => [key, formatDecimal(sum.orderMicros - sum.refundMicros)]));
}

function orderValueOf(sums: ReadonlyMap<string, Money>): Record<string, MoneyRatioValue> {
  const withOrders = [...sums].filter(([, sum]) => sum.orders > 0);
  return Object.fromEntries(
    withOrders.map(([key, { orderMicros, orders }]) => {
      const value = formatDecimal(divideMicros(orderMicros, orders));
      return [key, { numerator: formatDecimal(orderMicros), denominator: orders, value }];
    }),
  );
}
