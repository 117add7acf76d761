import { formatTable } from "../terminal/table.ts";
import { addMicros, microsOf, priceText } from "./money.ts";
import type { DayTruth } from "./truth.ts";

/** Days shown one by one at the end of the demo. */
const daysShown = 7;

/** The KPIs of the last days and of the whole month, as the query API answered. */
export function kpiTable(days: readonly DayTruth[]): string {
  const heading = ["day", "events", "DAU", "page views", "orders", "revenue", "AOV", "impressions", "clicks", "CTR %"];
  const rows = days.slice(-daysShown).map((day) => rowOf(day.day, String(day.users), [day]));
  const mean = days.length === 0 ? 0 : days.reduce((sum, day) => sum + day.users, 0) / days.length;
  rows.push(rowOf(`${days.length} days`, `mean ${mean.toFixed(0)}`, days));
  return formatTable(heading, rows);
}

function rowOf(label: string, users: string, days: readonly DayTruth[]): string[] {
  const total = (count: (day: DayTruth) => number): number => days.reduce((sum, day) => sum + count(day), 0);
  const revenue = new Map<string, bigint>();
  const gross = new Map<string, bigint>();
  const orders = new Map<string, number>();
  for (const day of days) {
    for (const [currency, amount] of Object.entries(day.revenue)) addMicros(revenue, currency, microsOf(amount));
    for (const [currency, sale] of Object.entries(day.sales)) {
      addMicros(gross, currency, microsOf(sale.amount));
      orders.set(currency, (orders.get(currency) ?? 0) + sale.orders);
    }
  }
  const average = [...gross].map(([currency, sum]) => priceText(sum / BigInt(orders.get(currency) ?? 1), currency));
  const impressions = total((day) => day.impressions);
  const clicks = total((day) => day.clicks);
  return [
    ...[label, String(total((day) => day.events)), users, String(total((day) => day.pageViews))],
    String(total((day) => day.orders)),
    [...revenue].map(([currency, sum]) => priceText(sum, currency)).join(" + ") || "–",
    average.join(", ") || "–",
    ...[String(impressions), String(clicks)],
    impressions === 0 ? "–" : ((100 * clicks) / impressions).toFixed(2),
  ];
}

/** One number of one day that is not what it should be. */
export interface Difference {
  readonly day: string;
  readonly metric: string;
  readonly expected: string;
  readonly answered: string;
}

/** Compares every number of every day. An empty list means that all are equal. */
export function differencesOf(truth: readonly DayTruth[], answered: readonly DayTruth[]): Difference[] {
  const byDay = new Map(answered.map((day) => [day.day, day]));
  return truth.flatMap((expected): Difference[] => {
    const actual = byDay.get(expected.day);
    if (actual === undefined) return [{ day: expected.day, metric: "day", expected: "a number", answered: "nothing" }];
    return numbersCompared.flatMap((metric) => {
      const [want, got] = [textOf(expected[metric]), textOf(actual[metric])];
      return want === got ? [] : [{ day: expected.day, metric, expected: want, answered: got }];
    });
  });
}

const numbersCompared = [
  "events",
  "users",
  "pageViews",
  "revenue",
  "orders",
  "sales",
  "impressions",
  "clicks",
] as const;

/** The same text for equal values: objects by key, without regard to their order. */
function textOf(value: DayTruth[(typeof numbersCompared)[number]]): string {
  return typeof value === "number" ? String(value) : JSON.stringify(Object.entries(value).sort());
}
