import type { Interval } from "./local-period.ts";
import type { campaignSql } from "./campaign-oracle-sql.ts";
import type { MetricName } from "./metrics.ts";

/*
 * The definitions once more, as SQL for DuckDB: written from the text of docs/kpis.md, sharing nothing with the marts
 * that the query API answers from. Tests recount every KPI with them; an analyst may run them over a copy of the lake.
 */

/**
 * SQL over a view `events` of one project's Parquet files, in which a missing `currency` has been replaced by the
 * project's default. Returns one row per period with data: `day` (the period's first local day, DATE; by hour its first
 * local instant, TIMESTAMP) and `value`; for `money` one per period and `currency`; for ratios `numerator` and
 * `denominator` instead of `value`. Costs of campaigns also need the view `costs` of uploaded rows, see campaign-oracle-sql.ts.
 *
 * @param zone IANA name of the time zone.
 */
export type DuckSql = (zone: string, interval: Interval) => string;

const impressions = "type = 'track' AND event IN ('Promotion Viewed', 'Ad Impression')";
const clicks = "type = 'track' AND event IN ('Promotion Clicked', 'Ad Clicked')";
const completed = "type = 'track' AND event = 'Order Completed'";
const refunded = "type = 'track' AND event = 'Order Refunded'";
const amount = "coalesce(revenue, 0)::DECIMAL(38, 6)";

/** Local time of an event; `epoch_ms` reads TIMESTAMP and TIMESTAMPTZ alike. */
export function localTime(zone: string): string {
  return `timezone('${zone}', make_timestamp(epoch_ms(time) * 1000) AT TIME ZONE 'UTC')`;
}

/** First day, or hour, of the period that holds a local time. DuckDB's weeks begin on Monday. */
export function periodOf(interval: Interval, local: string): string {
  return interval === "hour" ? `date_trunc('hour', ${local})` : `date_trunc('${interval}', ${local})::DATE`;
}

function countOf(condition: string): DuckSql {
  return (zone, interval) => `SELECT ${periodOf(interval, localTime(zone))} AS day, count(*) AS value
FROM events WHERE ${condition} GROUP BY 1`;
}

const revenueOf: DuckSql = (zone, interval) => `SELECT ${periodOf(interval, localTime(zone))} AS day, currency,
  sum(CASE WHEN event = 'Order Refunded' THEN -${amount} ELSE ${amount} END) AS value
FROM events WHERE (${completed}) OR (${refunded}) GROUP BY 1, 2`;

/** CTEs (of `WITH RECURSIVE`): `component(id, name)` of ids that an alias joins, `link(anonymous_id, user_id, t)` of earliest identifies. */
export const identityCtes = `joined AS (
  SELECT previous_id AS a, user_id AS b FROM events
  WHERE type = 'alias' AND key_kind = 'server' AND previous_id <> '' AND user_id IS NOT NULL AND previous_id <> user_id
), pair AS (SELECT a, b FROM joined UNION SELECT b, a FROM joined),
reached(id, other) AS (SELECT a, a FROM pair UNION SELECT r.id, p.b FROM reached r JOIN pair p ON p.a = r.other),
component AS (SELECT id, min(other) AS name FROM reached GROUP BY id),
link AS (
  SELECT anonymous_id, arg_min(user_id, {'t': epoch_ms(time), 'm': message_id, 'u': user_id}) AS user_id, min(epoch_ms(time)) AS t
  FROM events WHERE user_id IS NOT NULL AND anonymous_id IS NOT NULL
    AND (type = 'identify' OR type = 'alias' AND key_kind = 'public' AND previous_id = anonymous_id)
  GROUP BY 1
)`;

/** Common table expressions that end with `seen(day, who)`: each user once for each local day on which a row matches. */
function seenUsers(zone: string, condition: string, more = ""): string {
  return `WITH RECURSIVE ${identityCtes}, raw AS (
  SELECT DISTINCT ${localTime(zone)}::DATE AS day, user_id, anonymous_id${more} FROM events WHERE ${condition}
), named AS (
  SELECT day${more}, coalesce(r.user_id,
    CASE WHEN l.t < epoch_ms(timezone('${zone}', (day + 31)::TIMESTAMP)) THEN l.user_id END, r.anonymous_id) AS id
  FROM raw r LEFT JOIN link l USING (anonymous_id)
), seen AS (
  SELECT DISTINCT day${more}, coalesce(c.name, n.id) AS who FROM named n LEFT JOIN component c USING (id) WHERE n.id IS NOT NULL
)`;
}

const isActive = "type IN ('track', 'page', 'screen') AND NOT is_bot";

const activeUsers: DuckSql = (zone, interval) => {
  if (interval !== "hour") return activeUsersOf(zone, interval);
  return `${seenUsers(zone, isActive, ", time")}
SELECT ${periodOf("hour", localTime(zone))} AS day, count(DISTINCT who) AS value FROM seen GROUP BY 1`;
};

const activeUsersOf: DuckSql = (zone, interval) => `${seenUsers(zone, isActive)}
SELECT ${periodOf(interval, "day")} AS day, count(DISTINCT who) AS value FROM seen GROUP BY 1`;

/** Distinct users with an event of a condition, by the values of a column: what a breakdown of active users holds. */
export function activeUsersBy(condition: string, column: string): DuckSql {
  return (zone, interval) => `${seenUsers(zone, condition, `, ${column}`)}
SELECT ${periodOf(interval, "day")} AS day, ${column}, count(DISTINCT who) AS value FROM seen GROUP BY ALL`;
}

/** Every local day from the first active one to 30 days after the last. */
const everyDay = "SELECT unnest(generate_series(min(day), max(day) + 30, INTERVAL 1 DAY))::DATE AS day FROM seen";

function trailing(days: number): DuckSql {
  return (zone) => `${seenUsers(zone, isActive)}, every_day AS (${everyDay})
SELECT e.day, count(DISTINCT who) AS value
FROM every_day e JOIN seen s ON s.day BETWEEN e.day - ${days - 1} AND e.day GROUP BY 1`;
}

const stickiness: DuckSql = (zone) => `${seenUsers(zone, isActive)}, every_day AS (${everyDay})
SELECT e.day, count(DISTINCT who) FILTER (s.day = e.day) AS numerator, count(DISTINCT who) AS denominator
FROM every_day e JOIN seen s ON s.day BETWEEN e.day - 29 AND e.day GROUP BY 1`;

/** Selects from `now` (users by period), `before` (the same, a period later) and `ever` (first period of each user). */
function returns(select: string): DuckSql {
  return (zone, interval) => `${seenUsers(zone, isActive)},
now AS (SELECT DISTINCT ${periodOf(interval, "day")} AS day, who FROM seen),
before AS (SELECT (day + INTERVAL 1 ${interval})::DATE AS day, who FROM now),
ever AS (SELECT who, min(day) AS day FROM now GROUP BY who)
${select}`;
}

/** Revenue of a period over its users; periods with users and no revenue have no row. */
function revenuePer(condition: string, perCurrency: boolean): DuckSql {
  return (zone, interval) => {
    const more = perCurrency ? ", currency" : "";
    return `${seenUsers(zone, condition, more)}, revenue AS (${revenueOf(zone, interval)}),
counted AS (SELECT ${periodOf(interval, "day")} AS day${more}, count(DISTINCT who) AS users FROM seen GROUP BY ALL)
SELECT r.day, r.currency, r.value AS numerator, coalesce(c.users, 0) AS denominator
FROM revenue r LEFT JOIN counted c USING (day${more})`;
  };
}

/** The SQL of every KPI but those of campaigns, which stand in campaign-oracle-sql.ts. */
export const duckSql: Readonly<Record<Exclude<MetricName, keyof typeof campaignSql>, DuckSql>> = {
  events: countOf("true"),
  page_views: countOf("type = 'page'"),
  dau: activeUsers,
  revenue: revenueOf,
  orders: countOf(completed),
  aov: (zone, interval) => `SELECT ${periodOf(interval, localTime(zone))} AS day, currency,
  sum(${amount}) AS numerator, count(*) AS denominator
FROM events WHERE ${completed} GROUP BY 1, 2`,
  impressions: countOf(impressions),
  clicks: countOf(clicks),
  ctr: (zone, interval) => `SELECT ${periodOf(interval, localTime(zone))} AS day,
  count(*) FILTER (WHERE ${clicks}) AS numerator, count(*) FILTER (WHERE ${impressions}) AS denominator
FROM events WHERE (${clicks}) OR (${impressions}) GROUP BY 1`,
  active_users: activeUsers,
  wau: trailing(7),
  mau: trailing(30),
  stickiness,
  new_users: returns("SELECT day, count(*) AS value FROM ever GROUP BY 1"),
  returning_users: returns("SELECT day, count(*) AS value FROM now JOIN before USING (day, who) GROUP BY 1"),
  resurrected_users: returns(`SELECT n.day, count(*) AS value FROM now n ANTI JOIN before USING (day, who)
JOIN ever e ON e.who = n.who AND e.day < n.day GROUP BY 1`),
  churned_users: returns("SELECT day, count(*) AS value FROM before ANTI JOIN now USING (day, who) GROUP BY 1"),
  churn_rate: returns(`SELECT b.day, count(*) FILTER (n.who IS NULL) AS numerator, count(*) AS denominator
FROM before b LEFT JOIN now n ON n.day = b.day AND n.who = b.who GROUP BY 1`),
  arpu: revenuePer(isActive, false),
  arppu: revenuePer(`${completed} AND NOT is_bot`, true),
};
