import { campaignSql } from "./campaign-oracle-sql.ts";
import { type DuckSql, duckSql } from "./oracle-sql.ts";
import type { Interval } from "./local-period.ts";

/*
 * The catalogue of KPIs: what each is called, its version and unit, one sentence that defines it, what it can be asked
 * by, and the DuckDB SQL that recounts it from the lake. The query API answers with it, docs/kpis.md quotes it and tests
 * run its SQL as the independent recount. Pure data; imported by Node as well as by the Worker.
 */

/** What the value of a bucket is; see the query API for the shapes. */
export type Unit = "count" | "money" | "money ratio" | "money quotient" | "ratio";

/**
 * Where the numbers of a KPI come from: counts by quarter hour, sets of users of a period, sets compared with those of
 * the days before, both a count and a set, what campaigns cost, or that and what they brought.
 */
export type Origin = "events" | "users" | "trail" | "events and users" | "costs" | "costs and credits";

/** One KPI. */
export interface Metric {
  readonly name: MetricName;
  /** Raised when the definition changes, so that old and new numbers are never compared by mistake. */
  readonly version: number;
  readonly unit: Unit;
  readonly origin: Origin;
  /** Intervals that it can be asked by. */
  readonly intervals: readonly Interval[];
  /** Whether it can be broken down by event name or by a declared dimension. */
  readonly hasBreakdown: boolean;
  /** The definition in one sentence. */
  readonly formula: string;
  /** Recounts it with DuckDB; see {@link DuckSql}. */
  readonly oracleSql: DuckSql;
}

/** Names of the KPIs of this build, in the order in which they are documented. */
export const metricNames = [
  "events",
  "page_views",
  "dau",
  "revenue",
  "orders",
  "aov",
  "impressions",
  "clicks",
  "ctr",
  "active_users",
  "wau",
  "mau",
  "stickiness",
  "new_users",
  "returning_users",
  "resurrected_users",
  "churned_users",
  "churn_rate",
  "arpu",
  "arppu",
  "cost",
  "cpc",
  "cpa",
  "cac",
  "roas",
] as const;

/** Name of a KPI. */
export type MetricName = (typeof metricNames)[number];

/** Names of track events that KPIs count; they are kept exactly, however many other names a day has. */
export const countedEvents = {
  orderCompleted: "Order Completed",
  orderRefunded: "Order Refunded",
  impressions: ["Promotion Viewed", "Ad Impression"],
  clicks: ["Promotion Clicked", "Ad Clicked"],
  campaignCost: "Campaign Cost",
} as const;

/** Types of events that make a user active. */
export const activeTypes = ["track", "page", "screen"] as const;

const always: readonly Interval[] = ["hour", "day", "week", "month"];
const dayAndUp: readonly Interval[] = ["day", "week", "month"];
const dayOrWeek: readonly Interval[] = ["day", "week"];

const who =
  "A user is the user id, else the user id that the anonymous id was linked to by its earliest identify before the end of the " +
  "local day plus 30 days, else the anonymous id; ids that an alias joins are one user.";

const spent =
  "Cost is the property cost of Campaign Cost at its time, and uploaded costs on their local day, per currency; an event without currency " +
  "counts in the project's default.";

const credited =
  "credited to a campaign: the last session of the user that began with a campaign or an external referrer, at most 30 days before, began " +
  "with a campaign. Orders flagged as bot count for nobody.";

type Definition = Omit<Metric, "name" | "hasBreakdown" | "oracleSql"> & { readonly hasBreakdown?: true };

const definitions: Readonly<Record<MetricName, Definition>> = {
  events: {
    version: 1,
    unit: "count",
    origin: "events",
    intervals: always,
    hasBreakdown: true,
    formula: "Stored events of all types, flagged bots included.",
  },
  page_views: {
    version: 1,
    unit: "count",
    origin: "events",
    intervals: always,
    formula: "Stored events of type page, flagged bots included.",
  },
  dau: {
    version: 2,
    unit: "count",
    origin: "users",
    intervals: ["day"],
    hasBreakdown: true,
    formula: `Distinct users with a track, page or screen event that is not flagged as bot. ${who}`,
  },
  revenue: {
    version: 1,
    unit: "money",
    origin: "events",
    intervals: always,
    formula:
      "Revenue of Order Completed minus revenue of Order Refunded, per currency; an event without currency counts in the project's default.",
  },
  orders: { version: 1, unit: "count", origin: "events", intervals: always, formula: "Events named Order Completed." },
  aov: {
    version: 1,
    unit: "money ratio",
    origin: "events",
    intervals: always,
    formula:
      "Revenue of Order Completed (refunds not deducted) over the number of Order Completed, per currency; an order without revenue counts as 0.",
  },
  impressions: {
    version: 1,
    unit: "count",
    origin: "events",
    intervals: always,
    formula: "Events named Promotion Viewed or Ad Impression.",
  },
  clicks: {
    version: 1,
    unit: "count",
    origin: "events",
    intervals: always,
    formula: "Events named Promotion Clicked or Ad Clicked.",
  },
  ctr: {
    version: 1,
    unit: "ratio",
    origin: "events",
    intervals: always,
    formula: "Clicks over impressions; no value without impressions.",
  },
  active_users: {
    version: 1,
    unit: "count",
    origin: "users",
    intervals: always,
    hasBreakdown: true,
    formula: `Distinct active users of a local hour, a day, an ISO week or a calendar month, as in dau. ${who}`,
  },
  wau: {
    version: 1,
    unit: "count",
    origin: "trail",
    intervals: ["day"],
    formula: "Distinct active users of the 7 local days that end with the day.",
  },
  mau: {
    version: 1,
    unit: "count",
    origin: "trail",
    intervals: ["day"],
    formula: "Distinct active users of the 30 local days that end with the day.",
  },
  stickiness: {
    version: 1,
    unit: "ratio",
    origin: "trail",
    intervals: ["day"],
    formula: "DAU over MAU of the same day.",
  },
  new_users: {
    version: 1,
    unit: "count",
    origin: "trail",
    intervals: dayOrWeek,
    formula: "Users who are active for the first time ever.",
  },
  returning_users: {
    version: 1,
    unit: "count",
    origin: "trail",
    intervals: dayOrWeek,
    formula: "Users who are active now and were in the period before.",
  },
  resurrected_users: {
    version: 1,
    unit: "count",
    origin: "trail",
    intervals: dayOrWeek,
    formula: "Users who are active now, were not in the period before, but were earlier.",
  },
  churned_users: {
    version: 1,
    unit: "count",
    origin: "trail",
    intervals: dayOrWeek,
    formula: "Users who were active in the period before and are not now.",
  },
  churn_rate: {
    version: 1,
    unit: "ratio",
    origin: "trail",
    intervals: dayOrWeek,
    formula: "Churned users over the active users of the period before.",
  },
  arpu: {
    version: 1,
    unit: "money ratio",
    origin: "events and users",
    intervals: dayAndUp,
    formula: "Revenue over active users, per currency.",
  },
  arppu: {
    version: 1,
    unit: "money ratio",
    origin: "events and users",
    intervals: dayAndUp,
    formula: "Revenue over users with an Order Completed in that currency, not flagged as bot, per currency.",
  },
  cost: { version: 1, unit: "money", origin: "costs", intervals: dayAndUp, formula: `What campaigns cost. ${spent}` },
  cpc: {
    version: 1,
    unit: "money ratio",
    origin: "costs",
    intervals: dayAndUp,
    formula: "Cost over clicks, per currency of the costs.",
  },
  cpa: {
    version: 1,
    unit: "money ratio",
    origin: "costs",
    intervals: dayAndUp,
    formula:
      "Cost over conversions, per currency of the costs; conversions are the track events named by the question, else Order Completed.",
  },
  cac: {
    version: 1,
    unit: "money ratio",
    origin: "costs and credits",
    intervals: dayAndUp,
    formula: `Cost over users whose first Order Completed ever is in the period and ${credited}`,
  },
  roas: {
    version: 1,
    unit: "money quotient",
    origin: "costs and credits",
    intervals: dayAndUp,
    formula: `Revenue of Order Completed (refunds not deducted) over cost, same currency only; of orders ${credited}`,
  },
};

const oracleSql: Readonly<Record<MetricName, DuckSql>> = { ...duckSql, ...campaignSql };

/** Every KPI by name. */
export const metrics: ReadonlyMap<MetricName, Metric> = new Map(
  metricNames.map((name) => {
    const { hasBreakdown = false, ...definition } = definitions[name];
    return [name, { name, ...definition, hasBreakdown, oracleSql: oracleSql[name] }];
  }),
);

/** Whether a KPI needs sets of users. */
export function countsUsers({ origin }: Metric): boolean {
  return origin === "users" || origin === "trail" || origin === "events and users";
}

/** Whether a KPI needs what campaigns cost. */
export function needsCosts({ origin }: Metric): boolean {
  return origin === "costs" || origin === "costs and credits";
}

/** Whether a text names a KPI. */
export function isMetricName(text: string): text is MetricName {
  return (metricNames as readonly string[]).includes(text);
}
