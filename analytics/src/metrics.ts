/*
 * The catalogue of KPIs: what each is called, its version and unit, one sentence that defines it, and the
 * DuckDB SQL that recounts it from the lake. The query API answers with it, documentation quotes it and tests
 * run its SQL as the independent recount. Pure data; imported by Node as well as by the Worker.
 */

/** What the value of a bucket is; see the query API for the shapes. */
export type Unit = "count" | "money" | "money ratio" | "ratio";

/** One KPI. */
export interface Metric {
  readonly name: MetricName;
  /** Raised when the definition changes, so that old and new numbers are never compared by mistake. */
  readonly version: number;
  readonly unit: Unit;
  /** The definition in one sentence. */
  readonly formula: string;
  /**
   * DuckDB SQL over a view `events` of one project's Parquet files, in which a missing `currency` has been
   * replaced by the project's default. Returns one row per UTC day with data: `day` (DATE) and `value`; for
   * `money` one per day and `currency`; for `money ratio` also with `numerator` and `denominator`; for `ratio`
   * `numerator` and `denominator` without value.
   */
  readonly oracleSql: string;
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
] as const;

/** Name of a KPI. */
export type MetricName = (typeof metricNames)[number];

/** Names of track events that KPIs count; they are kept exactly, however many other names a day has. */
export const countedEvents = {
  orderCompleted: "Order Completed",
  orderRefunded: "Order Refunded",
  impressions: ["Promotion Viewed", "Ad Impression"],
  clicks: ["Promotion Clicked", "Ad Clicked"],
} as const;

/** Types of events that make a user active. */
export const activeTypes = ["track", "page", "screen"] as const;

// The UTC day without time zone data: epoch_ms reads TIMESTAMP and TIMESTAMPTZ alike.
const day = "(DATE '1970-01-01' + CAST(floor(epoch_ms(time) / 86400000) AS INTEGER))";
const impressions = "type = 'track' AND event IN ('Promotion Viewed', 'Ad Impression')";
const clicks = "type = 'track' AND event IN ('Promotion Clicked', 'Ad Clicked')";
const completed = "type = 'track' AND event = 'Order Completed'";
const refunded = "type = 'track' AND event = 'Order Refunded'";
const amount = "coalesce(revenue, 0)::DECIMAL(38, 6)";

function countSql(condition: string): string {
  return `SELECT ${day} AS day, count(*) AS value FROM events WHERE ${condition} GROUP BY 1 ORDER BY 1`;
}

const dauSql = `WITH active AS (
  SELECT DISTINCT ${day} AS day, user_id, anonymous_id FROM events
  WHERE type IN ('track', 'page', 'screen') AND NOT is_bot
), link AS (
  SELECT anonymous_id, arg_min(user_id, {'t': epoch_ms(time), 'm': message_id, 'u': user_id}) AS user_id, min(epoch_ms(time)) AS t
  FROM events WHERE type = 'identify' AND user_id IS NOT NULL AND anonymous_id IS NOT NULL GROUP BY 1
)
SELECT a.day, count(DISTINCT coalesce(
  a.user_id, CASE WHEN l.t < epoch_ms((a.day + 31)::TIMESTAMP) THEN l.user_id END, a.anonymous_id)) AS value
FROM active a LEFT JOIN link l USING (anonymous_id) GROUP BY 1 ORDER BY 1`;

const revenueSql = `SELECT ${day} AS day, currency, sum(CASE WHEN event = 'Order Refunded' THEN -${amount} ELSE ${amount} END) AS value
FROM events WHERE (${completed}) OR (${refunded}) GROUP BY 1, 2 ORDER BY 1, 2`;

const aovSql = `SELECT ${day} AS day, currency, sum(${amount}) AS numerator, count(*) AS denominator, sum(${amount}) / count(*) AS value
FROM events WHERE ${completed} GROUP BY 1, 2 ORDER BY 1, 2`;

const ctrSql = `SELECT ${day} AS day, count(*) FILTER (WHERE ${clicks}) AS numerator, count(*) FILTER (WHERE ${impressions}) AS denominator
FROM events WHERE (${clicks}) OR (${impressions}) GROUP BY 1 ORDER BY 1`;

/** Every KPI by name. */
export const metrics: ReadonlyMap<MetricName, Metric> = new Map(
  (
    [
      ["events", "count", "Stored events of all types, flagged bots included.", countSql("true")],
      ["page_views", "count", "Stored events of type page, flagged bots included.", countSql("type = 'page'")],
      [
        "dau",
        "count",
        "Distinct users with a track, page or screen event that is not flagged as bot; a user is the user id, else the user id " +
          "that the anonymous id was linked to by its earliest identify before the end of the day plus 30 days, else the anonymous id.",
        dauSql,
      ],
      [
        "revenue",
        "money",
        "Revenue of Order Completed minus revenue of Order Refunded, per currency; an event without currency counts in the project's default.",
        revenueSql,
      ],
      ["orders", "count", "Events named Order Completed.", countSql(completed)],
      [
        "aov",
        "money ratio",
        "Revenue of Order Completed (refunds not deducted) over the number of Order Completed, per currency; an order without revenue counts as 0.",
        aovSql,
      ],
      ["impressions", "count", "Events named Promotion Viewed or Ad Impression.", countSql(impressions)],
      ["clicks", "count", "Events named Promotion Clicked or Ad Clicked.", countSql(clicks)],
      ["ctr", "ratio", "Clicks over impressions; no value without impressions.", ctrSql],
    ] satisfies readonly (readonly [MetricName, Unit, string, string])[]
  ).map(([name, unit, formula, oracleSql]) => [name, { name, version: 1, unit, formula, oracleSql }]),
);

/** Whether a text names a KPI. */
export function isMetricName(text: string): text is MetricName {
  return (metricNames as readonly string[]).includes(text);
}
