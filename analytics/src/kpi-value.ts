import { formatDecimal } from "@sluice/lake";
import type { Money } from "./event-numbers.ts";
import type { Sources } from "./kpi-answer.ts";
import type { Interval } from "./local-period.ts";
import { countedEvents, type MetricName } from "./metrics.ts";
import { divideDecimals, divideMicros, microsOf } from "./money.ts";
import type { Period } from "./period.ts";

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
  /** Decimal text, six digits, rounded half to even; no value where the denominator is 0. */
  readonly value: string | null;
}

/** A ratio of money to money of the same currency. */
export interface MoneyQuotientValue {
  /** Decimal text, six digits. */
  readonly numerator: string;
  readonly denominator: string;
  /** Decimal text, six digits, rounded half to even at the sixth digit; no value where the denominator is 0. */
  readonly value: string | null;
}

type MoneyValue = Readonly<Record<string, string>>;

/** `count`: a number. `money`: decimal text by currency. `money ratio` and `money quotient`: by currency. `ratio`: one. */
export type BucketValue =
  | number
  | MoneyValue
  | Readonly<Record<string, MoneyRatioValue>>
  | Readonly<Record<string, MoneyQuotientValue>>
  | RatioValue;

/** How a value compares with another. Of ratios there is neither: they are compared as they are. */
export interface Compared {
  /** Value less the other; of money by currency, where both have it. */
  readonly difference?: number | MoneyValue;
  /** Value over the other; of counts only. */
  readonly ratio?: RatioValue;
}

type Numbers = Pick<Sources, "events" | "users" | "campaigns">;

/** The value of a metric in a period. */
export function valueOf(name: MetricName, interval: Interval, period: Period, sources: Numbers): BucketValue {
  const { events, users } = sources;
  const day = period.firstDay;
  switch (name) {
    case "events":
      return events.events(period);
    case "page_views":
      return events.events(period, "page");
    case "orders":
      return events.orders(period);
    case "impressions":
      return events.named(period, countedEvents.impressions);
    case "clicks":
      return events.named(period, countedEvents.clicks);
    case "ctr":
      return ratio(events.named(period, countedEvents.clicks), events.named(period, countedEvents.impressions));
    case "revenue":
      return byCurrency(events.money(period), (sum) => formatDecimal(sum.orderMicros - sum.refundMicros));
    case "aov":
      return byCurrency(withOrders(events.money(period)), (sum) => moneyRatio(sum.orderMicros, sum.orders));
    case "dau":
    case "active_users":
      return interval === "hour" ? users.hour(period.fromMs) : users.users(interval, day).active;
    case "wau":
      return users.trail(day).wau;
    case "mau":
      return users.trail(day).mau;
    case "stickiness":
      return ratio(users.users("day", day).active, users.trail(day).mau);
    case "new_users":
      return users.returns(interval, day).new;
    case "returning_users":
      return users.returns(interval, day).returning;
    case "resurrected_users":
      return users.returns(interval, day).resurrected;
    case "churned_users":
      return users.returns(interval, day).churned;
    case "churn_rate":
      return ratio(users.returns(interval, day).churned, users.returns(interval, day).before);
    case "arpu":
    case "arppu":
      return revenuePerUser(name, interval, period, sources);
    case "cost":
      return byCurrency(sources.campaigns.spent(period), formatDecimal);
    case "cpc":
      return costPer(events.named(period, countedEvents.clicks), period, sources);
    case "cpa":
      return costPer(sources.campaigns.conversions(period), period, sources);
    case "cac":
      return costPer(sources.campaigns.credits(period).newPayingUsers, period, sources);
    case "roas":
      return revenuePerCost(period, sources);
  }
}

/** How a value compares with an earlier one of the same metric. */
export function comparison(value: BucketValue, before: BucketValue): Compared {
  if (typeof value === "number" && typeof before === "number") {
    return { difference: value - before, ratio: ratio(value, before) };
  }
  if (!isMoney(value) || !isMoney(before)) return {};
  const shared = Object.entries(value).flatMap(([currency, amount]) => {
    const [now, then] = [microsOf(amount), microsOf(Object.hasOwn(before, currency) ? (before[currency] ?? "") : "")];
    return now === null || then === null ? [] : [[currency, formatDecimal(now - then)] as const];
  });
  return { difference: Object.fromEntries(shared) };
}

function isMoney(value: BucketValue): value is MoneyValue {
  return typeof value === "object" && Object.values(value).every((amount) => typeof amount === "string");
}

function revenuePerUser(
  name: "arpu" | "arppu",
  interval: Interval,
  period: Period,
  { events, users }: Numbers,
): Readonly<Record<string, MoneyRatioValue>> {
  const { active, paying } = users.users(interval, period.firstDay);
  const payingIn = new Map(paying);
  return byCurrency(events.money(period), ({ orderMicros, refundMicros }, currency) => {
    return moneyRatio(orderMicros - refundMicros, name === "arpu" ? active : (payingIn.get(currency) ?? 0));
  });
}

function costPer(count: number, period: Period, { campaigns }: Numbers): Readonly<Record<string, MoneyRatioValue>> {
  return byCurrency(campaigns.spent(period), (micros) => moneyRatio(micros, count));
}

function revenuePerCost(period: Period, { campaigns }: Numbers): Readonly<Record<string, MoneyQuotientValue>> {
  const { revenue } = campaigns.credits(period);
  return byCurrency(campaigns.spent(period), (cost, currency) => {
    const earned = revenue.get(currency) ?? 0n;
    const value = cost === 0n ? null : formatDecimal(divideDecimals(earned, cost));
    return { numerator: formatDecimal(earned), denominator: formatDecimal(cost), value };
  });
}

function ratio(numerator: number, denominator: number): RatioValue {
  return { numerator, denominator, value: denominator === 0 ? null : numerator / denominator };
}

function moneyRatio(micros: bigint, denominator: number): MoneyRatioValue {
  const value = denominator === 0 ? null : formatDecimal(divideMicros(micros, denominator));
  return { numerator: formatDecimal(micros), denominator, value };
}

function withOrders(sums: ReadonlyMap<string, Money>): ReadonlyMap<string, Money> {
  return new Map([...sums].filter(([, sum]) => sum.orders > 0));
}

function byCurrency<Sum, Value>(
  sums: ReadonlyMap<string, Sum>,
  valueFor: (sum: Sum, currency: string) => Value,
): Readonly<Record<string, Value>> {
  return Object.fromEntries([...sums].map(([currency, sum]) => [currency, valueFor(sum, currency)]));
}
