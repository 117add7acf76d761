import type { Interval } from "./local-period.ts";
import { type DuckSql, identityCtes, localTime, periodOf } from "./oracle-sql.ts";

/*
 * What campaigns cost and brought once more, as SQL for DuckDB, beside oracle-sql.ts. Besides `events` there is a view `costs` of the
 * rows that were uploaded: `day` (DATE), `campaign`, `currency`, `cost` (DECIMAL).
 */

const clicks = "type = 'track' AND event IN ('Promotion Clicked', 'Ad Clicked')";

/** CTE `spent(day, currency, cost)`: costs by period. */
function spentCte(zone: string, interval: Interval): string {
  return `spent AS (
  SELECT day, currency, sum(cost) AS cost FROM (
    SELECT ${periodOf(interval, localTime(zone))} AS day, currency, TRY_CAST(properties->>'$.cost' AS DECIMAL(18, 6)) AS cost
    FROM events WHERE type = 'track' AND event = 'Campaign Cost'
    UNION ALL SELECT ${periodOf(interval, "day")}, currency, cost FROM costs
  ) WHERE cost IS NOT NULL GROUP BY 1, 2
)`;
}

/** Cost over the number of events of a condition. */
function costPerEvent(condition: string): DuckSql {
  return (zone, interval) => `WITH ${spentCte(zone, interval)}, counted AS (
  SELECT ${periodOf(interval, localTime(zone))} AS day, count(*) AS n FROM events WHERE ${condition} GROUP BY 1
)
SELECT s.day, s.currency, s.cost AS numerator, coalesce(c.n, 0) AS denominator FROM spent s LEFT JOIN counted c USING (day)`;
}

/**
 * CTE `won(day, o, is_first, currency, revenue)`: orders whose user's last touch in the 30 days before began with a campaign. A touch is
 * the first event of a session of one device (public keys, ended by a pause of 30 minutes or another session id) with a
 * campaign, or with a referrer of another host than the page's.
 */
function wonCtes(zone: string, interval: Interval): string {
  const host = (address: string): string =>
    `lower(nullif(regexp_extract(${address}, '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#:@]+)', 1), ''))`;
  return `${identityCtes}, step AS (
  SELECT e.*, epoch_ms(e.time) AS t, {'t': epoch_ms(e.time), 'm': message_id} AS o, ${localTime(zone)}::DATE AS day
  FROM events e WHERE type IN ('track', 'page', 'screen') AND NOT is_bot
), known AS (
  SELECT s.*, coalesce(s.user_id,
    CASE WHEN l.t < epoch_ms(timezone('${zone}', (day + 31)::TIMESTAMP)) THEN l.user_id END, s.anonymous_id) AS id
  FROM step s LEFT JOIN link l USING (anonymous_id)
), person AS (SELECT k.*, coalesce(c.name, k.id) AS who FROM known k LEFT JOIN component c USING (id) WHERE k.id IS NOT NULL
), begun AS (
  SELECT *, lag(t) OVER w AS before_t, lag(session_id) OVER w AS before_session
  FROM person WHERE key_kind = 'public' AND anonymous_id IS NOT NULL WINDOW w AS (PARTITION BY anonymous_id ORDER BY t, message_id)
), touch AS (
  SELECT who, o, t, coalesce(campaign_source, campaign_medium, campaign_name) IS NOT NULL AS is_campaign, campaign_name FROM begun
  WHERE (before_t IS NULL OR t - before_t > 1800000 OR session_id <> before_session)
    AND (coalesce(campaign_source, campaign_medium, campaign_name) IS NOT NULL
      OR ${host("page_referrer")} IS DISTINCT FROM ${host("page_url")} AND ${host("page_referrer")} IS NOT NULL)
), bought AS (
  SELECT who, o, t, key_kind, day, currency, revenue, o = min(o) OVER (PARTITION BY who) AS is_first
  FROM person WHERE type = 'track' AND event = 'Order Completed'
), credited AS (
  SELECT b.who, b.o, b.key_kind, any_value(b.day) AS day, any_value(b.currency) AS currency, any_value(b.revenue) AS revenue,
    any_value(b.is_first) AS is_first, arg_max({'is_campaign': x.is_campaign, 'name': x.campaign_name}, x.o) AS touch
  FROM bought b JOIN touch x ON x.who = b.who AND x.o <= b.o AND b.t - x.t <= 2592000000 GROUP BY ALL
), won AS (SELECT * REPLACE (${periodOf(interval, "day")} AS day) FROM credited WHERE touch.is_campaign)`;
}

/** By campaign, in local days from (inclusive) and to (exclusive): `counts`, `costs` and `credits`, one query each. */
export function campaignTableSql(zone: string, from: string, to: string) {
  const inRange = `day >= DATE '${from}' AND day < DATE '${to}'`;
  const named = `named AS (
  SELECT ${localTime(zone)}::DATE AS day, event, currency, coalesce(properties->>'$.campaign', properties->>'$.name', campaign_name) AS campaign,
    TRY_CAST(properties->>'$.cost' AS DECIMAL(18, 6)) AS cost
  FROM events WHERE type = 'track' AND NOT is_bot
)`;
  return {
    counts: `WITH ${named} SELECT campaign, count(*) FILTER (event IN ('Promotion Viewed', 'Ad Impression')) AS impressions,
  count(*) FILTER (event IN ('Promotion Clicked', 'Ad Clicked')) AS clicks FROM named WHERE ${inRange} GROUP BY 1
HAVING impressions + clicks > 0`,
    costs: `WITH ${named} SELECT campaign, currency, sum(cost)::DECIMAL(38, 6) AS cost FROM (
  SELECT day, campaign, currency, cost FROM named WHERE event = 'Campaign Cost' AND cost IS NOT NULL
  UNION ALL SELECT day, campaign, currency, cost FROM costs
) WHERE ${inRange} GROUP BY 1, 2`,
    credits: `WITH RECURSIVE ${wonCtes(zone, "day")} SELECT touch.name AS campaign, currency, count(*) AS orders,
  count(*) FILTER (is_first) AS first_orders, sum(coalesce(revenue, 0)::DECIMAL(38, 6)) AS revenue FROM won WHERE ${inRange} GROUP BY 1, 2`,
  };
}

/** The SQL of the KPIs of campaigns. */
export const campaignSql = {
  cost: (zone, interval) => `WITH ${spentCte(zone, interval)} SELECT day, currency, cost AS value FROM spent`,
  cpc: costPerEvent(clicks),
  cpa: costPerEvent("type = 'track' AND event = 'Order Completed'"),
  cac: (zone, interval) => `WITH RECURSIVE ${wonCtes(zone, interval)}, ${spentCte(zone, interval)}, counted AS (
  SELECT day, count(*) AS n FROM won WHERE is_first GROUP BY 1
)
SELECT s.day, s.currency, s.cost AS numerator, coalesce(c.n, 0) AS denominator FROM spent s LEFT JOIN counted c USING (day)`,
  roas: (zone, interval) => `WITH RECURSIVE ${wonCtes(zone, interval)}, ${spentCte(zone, interval)}, earned AS (
  SELECT day, currency, sum(coalesce(revenue, 0)::DECIMAL(38, 6)) AS revenue FROM won GROUP BY 1, 2
)
SELECT s.day, s.currency, coalesce(e.revenue, 0)::DECIMAL(38, 6) AS numerator, s.cost AS denominator
FROM spent s LEFT JOIN earned e USING (day, currency)`,
} as const satisfies Record<string, DuckSql>;
