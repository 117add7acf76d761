import { fail, field, isObject, type Json, type JsonObject, objectField, ok, type Result } from "@sluice/schema";
import type { DayTruth } from "./truth.ts";

/** The metrics that the demo asks for, all that its truth can answer. */
const demoMetrics = [
  "events",
  "page_views",
  "dau",
  "revenue",
  "orders",
  "aov",
  "impressions",
  "clicks",
  "ctr",
] as const;

/** Path and query of the KPIs of some days; `to` is the first day that is not asked for. */
export function kpiPath(from: string, to: string): string {
  return `/v1/kpis?metrics=${demoMetrics.join(",")}&from=${from}&to=${to}&interval=day`;
}

/** Reads the reply of the query API into the shape of the truth, one entry per day; fails on anything unexpected. */
export function daysOfReply(reply: Json): Result<DayTruth[], string> {
  const metrics = isObject(reply) ? objectField(reply, "metrics") : null;
  if (metrics === null) return fail("the reply has no metrics");
  const days: DayTruth[] = [];
  for (const start of daysAnswered(metrics)) {
    const day = dayOf(metrics, start);
    if (!day.ok) return fail(`${start}: ${day.error}`);
    days.push(day.value);
  }
  return ok(days);
}

function daysAnswered(metrics: JsonObject): string[] {
  const starts = new Set<string>();
  for (const name of demoMetrics) {
    for (const bucket of bucketsOf(metrics, name)) {
      const start = field(bucket, "start");
      if (typeof start === "string") starts.add(start);
    }
  }
  return [...starts].sort();
}

function bucketsOf(metrics: JsonObject, name: string): readonly JsonObject[] {
  const buckets = field(objectField(metrics, name) ?? {}, "buckets");
  return Array.isArray(buckets) ? (buckets as readonly Json[]).filter(isObject) : [];
}

function dayOf(metrics: JsonObject, start: string): Result<DayTruth, string> {
  const valueOf = (name: (typeof demoMetrics)[number]): Json | undefined => {
    const bucket = bucketsOf(metrics, name).find((entry) => field(entry, "start") === start);
    return bucket === undefined ? undefined : field(bucket, "value");
  };
  const counts = { events: 0, page_views: 0, dau: 0, orders: 0, impressions: 0, clicks: 0 };
  for (const name of ["events", "page_views", "dau", "orders", "impressions", "clicks"] as const) {
    const value = valueOf(name);
    if (typeof value !== "number") return fail(`${name} is not a number`);
    counts[name] = value;
  }
  const revenue = moneyOf(valueOf("revenue"));
  const sales = salesOf(valueOf("aov"));
  const ctr = valueOf("ctr");
  if (revenue === null) return fail("revenue is not money");
  if (sales === null) return fail("aov is not a money ratio");
  if (!isObject(ctr) || field(ctr, "numerator") !== counts.clicks || field(ctr, "denominator") !== counts.impressions) {
    return fail("ctr is not clicks over impressions");
  }
  const { events, page_views: pageViews, dau: users, orders, impressions, clicks } = counts;
  return ok({ day: start, users, events, pageViews, revenue, orders, sales, impressions, clicks });
}

/** Decimal texts by currency, in the order of the currencies. */
function moneyOf(value: Json | undefined): Record<string, string> | null {
  if (!isObject(value)) return null;
  const entries = Object.entries(value).sort();
  const sums = entries.filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return sums.length === entries.length ? Object.fromEntries(sums) : null;
}

function salesOf(value: Json | undefined): DayTruth["sales"] | null {
  if (!isObject(value)) return null;
  const sales: [string, { amount: string; orders: number }][] = [];
  for (const [currency, ratio] of Object.entries(value).sort()) {
    const amount = isObject(ratio) ? field(ratio, "numerator") : undefined;
    const orders = isObject(ratio) ? field(ratio, "denominator") : undefined;
    if (typeof amount !== "string" || typeof orders !== "number") return null;
    sales.push([currency, { amount, orders }]);
  }
  return Object.fromEntries(sales);
}
