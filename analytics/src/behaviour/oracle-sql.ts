import type { EventName } from "./event-name.ts";
import type { Funnel } from "./funnel.ts";
import type { RetentionQuestion } from "./retention.ts";

/*
 * DuckDB SQL that recounts each behavioural KPI from the lake, written without regard to how the folds do it. Tests run it
 * over a view `events` of one project's Parquet files in which a missing `currency` has been replaced by the default.
 */

/** Local days from (inclusive) and to (exclusive), `YYYY-MM-DD`, in a time zone, and the periods they are cut into. */
export interface SqlRange {
  readonly zone: string;
  readonly from: string;
  readonly to: string;
  readonly interval: "day" | "week" | "month";
}

/** A text as an SQL literal. */
function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

function localDay(time: string, zone: string): string {
  return `CAST(timezone(${text(zone)}, timezone('UTC', ${time})) AS DATE)`;
}

/**
 * CTEs `link`, `component` and `step`: active events with the user that each counts for, its local day and its place `o` in the
 * total order. An alias joins ids under a server key; under a public key it identifies its own anonymous id.
 */
function stepCtes(zone: string): string {
  const endOfWindow = `epoch_ms(timezone(${text(zone)}, (day + 31)::TIMESTAMP))`;
  return `joined AS (
  SELECT previous_id AS a, user_id AS b FROM events
  WHERE type = 'alias' AND key_kind = 'server' AND previous_id <> '' AND user_id IS NOT NULL AND previous_id <> user_id
), edge AS (SELECT a, b FROM joined UNION SELECT b, a FROM joined
), reached(id, other) AS (SELECT a, a FROM edge UNION SELECT r.id, e.b FROM reached r JOIN edge e ON e.a = r.other
), component AS (SELECT id, min(other) AS name FROM reached GROUP BY 1
), link AS (
  SELECT anonymous_id AS device, arg_min(user_id, {'t': epoch_ms(time), 'm': message_id, 'u': user_id}) AS user_id, min(epoch_ms(time)) AS t
  FROM events WHERE user_id IS NOT NULL AND anonymous_id IS NOT NULL
    AND (type = 'identify' OR type = 'alias' AND key_kind = 'public' AND previous_id = anonymous_id) GROUP BY 1
), active AS (
  SELECT *, epoch_ms(time) AS t, {'t': epoch_ms(time), 'm': message_id} AS o, ${localDay("time", zone)} AS day,
    CASE type WHEN 'track' THEN event WHEN 'page' THEN coalesce(page_path, name) ELSE name END AS label
  FROM events WHERE type IN ('track', 'page', 'screen') AND NOT is_bot
), owned AS (
  SELECT a.*, coalesce(a.user_id, CASE WHEN l.t < ${endOfWindow} THEN l.user_id END, a.anonymous_id) AS owner
  FROM active a LEFT JOIN link l ON l.device = a.anonymous_id
), step AS (SELECT o.*, coalesce(c.name, o.owner) AS person FROM owned o LEFT JOIN component c ON c.id = o.owner)`;
}

function named({ type, name }: EventName): string {
  return `type = ${text(type)} AND label = ${text(name)}`;
}

function inRange(day: string, { from, to }: SqlRange): string {
  return `${day} >= DATE ${text(from)} AND ${day} < DATE ${text(to)}`;
}

function period(day: string, { interval }: SqlRange): string {
  return `CAST(date_trunc('${interval}', ${day}) AS DATE)`;
}

/** `start`, `reached` (list), `converted`, `p50`, `p90`; with `bySegment` also `segment`. */
export function funnelSql(funnel: Funnel, range: SqlRange, bySegment: boolean): string {
  const [first, ...later] = funnel.steps;
  if (first === undefined) throw new Error("a funnel without steps");
  const property = funnel.breakdown === null ? "NULL" : `(properties->>${text(`$."${funnel.breakdown}"`)})`;
  const hops = later.map((step, index) => {
    return `, e${index + 1} AS (
  SELECT e.person, e.start, e.entry, e.segment, min(s.o) AS latest, any_value(e.reached) + CASE WHEN min(s.o) IS NULL THEN 0 ELSE 1 END AS reached
  FROM e${index} e LEFT JOIN (SELECT * FROM step WHERE ${named(step)}) s
    ON s.person = e.person AND s.o > e.latest AND s.t - e.entry <= ${funnel.windowMs} GROUP BY ALL)`;
  });
  const reached = funnel.steps.map((_, index) => `count(*) FILTER (reached > ${index})`).join(", ");
  const took = `(latest.t - entry)`;
  const done = `reached = ${funnel.steps.length}`;
  return `WITH RECURSIVE ${stepCtes(range.zone)}, e0 AS (
  SELECT person, ${period("day", range)} AS start, min(o).t AS entry, min(o) AS latest, arg_min({'v': ${property}}, o).v AS segment, 1 AS reached
  FROM step WHERE ${named(first)} AND ${inRange("day", range)} AND person IS NOT NULL GROUP BY 1, 2
)${hops.join("")}
SELECT start, ${bySegment ? "segment, " : ""}[${reached}] AS reached, count(*) FILTER (${done}) AS converted,
  quantile_disc(${took}, 0.5) FILTER (${done}) AS p50, quantile_disc(${took}, 0.9) FILTER (${done}) AS p90
FROM e${later.length} GROUP BY ALL ORDER BY ALL`;
}

/** `start`, `users`, `n` (number of period or of range) and `retained`, for every cohort with users and every `n`. */
export function retentionSql(question: Omit<RetentionQuestion, "periods">, range: SqlRange): string {
  const { cohortEvent, returnEvent, mode } = question;
  const ns =
    mode.kind === "bounded"
      ? `SELECT * FROM (VALUES ${mode.ranges.map(([from, to], index) => `(${index}, ${from}, ${to})`).join(", ")}) v(n, a, b)`
      : `SELECT range AS n, range AS a, ${mode.kind === "exact" ? "range" : "1000000"} AS b FROM range(${mode.count})`;
  const unit = range.interval === "week" ? 7 : 1;
  return `WITH RECURSIVE ${stepCtes(range.zone)}, cohort AS (
  SELECT person, min(${period("day", range)}) AS start FROM step
  WHERE person IS NOT NULL AND ${cohortEvent === null ? "true" : named(cohortEvent)} GROUP BY 1
), back AS (
  SELECT DISTINCT person, ${period("day", range)} AS p FROM step WHERE ${returnEvent === null ? "true" : named(returnEvent)}
), ns AS (${ns}), chosen AS (SELECT * FROM cohort WHERE ${inRange("start", range)})
SELECT c.start, count(DISTINCT c.person) AS users, n,
  count(DISTINCT b.person) FILTER ((b.p - c.start) // ${unit} BETWEEN a AND b.b0) AS retained
FROM chosen c CROSS JOIN (SELECT n, a, b AS b0 FROM ns) LEFT JOIN back b ON b.person = c.person AND b.p >= c.start
GROUP BY c.start, n, a, b0 ORDER BY 1, 3`.replaceAll("b.b0", "b0");
}

/** CTE `visit`: the steps of sessions with `start` (ms), and CTE `session`. */
function sessionCtes(zone: string): string {
  return `${stepCtes(zone)}, mark AS (
  SELECT *, CASE WHEN lag(t) OVER w IS NULL OR t - lag(t) OVER w > 1800000 OR session_id <> lag(session_id) OVER w THEN 1 ELSE 0 END AS is_start
  FROM step WHERE key_kind = 'public' AND anonymous_id IS NOT NULL WINDOW w AS (PARTITION BY anonymous_id ORDER BY t, message_id)
), numbered AS (
  SELECT *, sum(is_start) OVER (PARTITION BY anonymous_id ORDER BY t, message_id ROWS UNBOUNDED PRECEDING) AS number FROM mark
), visit AS (
  SELECT *, min(t) OVER s AS start_t, first_value(day) OVER (s ORDER BY t, message_id) AS start_day FROM numbered
  WINDOW s AS (PARTITION BY anonymous_id, number) QUALIFY t - start_t < 86400000
), session AS (
  SELECT anonymous_id, number, start_t, any_value(start_day) AS day, max(t) AS end_t, count(*) AS events,
    count(*) FILTER (type <> 'track') AS pages, coalesce(max(t) FILTER (type <> 'track') - min(t) FILTER (type <> 'track'), 0) AS page_ms,
    arg_min(person, o) AS person, arg_min({'s': campaign_source, 'm': campaign_medium, 'c': campaign_name}, o) AS campaign,
    arg_min({'r': page_referrer, 'u': page_url}, o) AS origin, min(message_id) FILTER (t = start_t) AS message_id
  FROM visit GROUP BY ALL
)`;
}

/** `start`, `sessions`, `duration`, `pages`, `bounces`, `page_ms`, `pages_left`. */
export function sessionSql(range: SqlRange): string {
  return `WITH RECURSIVE ${sessionCtes(range.zone)}
SELECT ${period("day", range)} AS start, count(*) AS sessions, sum(end_t - start_t) AS duration, sum(pages) AS pages,
  count(*) FILTER (pages = 1 AND events = 1) AS bounces, sum(page_ms) AS page_ms, sum(greatest(pages - 1, 0)) AS pages_left
FROM session WHERE ${inRange("day", range)} GROUP BY 1 ORDER BY 1`;
}

/** `origin`, `target`, `count` of transitions within the sessions of a range. */
export function pathSql(by: "page" | "event", range: SqlRange): string {
  const node = by === "page" ? "CASE WHEN type <> 'track' THEN coalesce(page_path, name) END" : "label";
  return `WITH RECURSIVE ${sessionCtes(range.zone)}, node AS (
  SELECT anonymous_id, number, t, message_id, ${node} AS node FROM visit WHERE ${inRange("start_day", range)} AND (${node}) IS NOT NULL
), once AS (
  SELECT * FROM node QUALIFY node IS DISTINCT FROM lag(node) OVER (PARTITION BY anonymous_id, number ORDER BY t, message_id)
), hop AS (
  SELECT lag(node) OVER h AS origin, node AS target FROM once WINDOW h AS (PARTITION BY anonymous_id, number ORDER BY t, message_id)
  UNION ALL
  SELECT arg_max(node, {'t': t, 'm': message_id}), NULL FROM once GROUP BY anonymous_id, number
)
SELECT origin, target, count(*) AS count FROM hop GROUP BY ALL ORDER BY ALL`;
}

/** `variant`, `users`, `converted`; users with several variants under the variant NULL. */
export function experimentSql(id: string, conversion: EventName, zone: string, fromMs: number, toMs: number): string {
  return `WITH RECURSIVE ${stepCtes(zone)}, seen AS (
  SELECT * FROM step WHERE t >= ${fromMs} AND t < ${toMs}
), exposed AS (
  SELECT person, min(o) AS o, count(DISTINCT properties->>'$.variation_id') AS variants, min(properties->>'$.variation_id') AS variant
  FROM seen WHERE type = 'track' AND event = 'Experiment Viewed' AND (properties->>'$.experiment_id') = ${text(id)}
    AND (properties->>'$.variation_id') IS NOT NULL AND person IS NOT NULL GROUP BY 1
), converted AS (SELECT person, max(o) AS o FROM seen WHERE ${named(conversion)} GROUP BY 1)
SELECT CASE WHEN variants = 1 THEN variant END AS variant, count(*) AS users, count(*) FILTER (c.o > e.o) AS converted
FROM exposed e LEFT JOIN converted c USING (person) GROUP BY 1 ORDER BY 1`;
}

/** `model`, channel (`s`, `m`, `c`, `r`; all NULL for none), `currency`, `conversions`, `revenue`. */
export function attributionSql(conversion: EventName, range: SqlRange): string {
  const host = (address: string): string =>
    `lower(nullif(regexp_extract(${address}, '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#:@]+)', 1), ''))`;
  return `WITH RECURSIVE ${sessionCtes(range.zone)}, touch AS (
  SELECT person, start_t, message_id, campaign.s AS s, campaign.m AS m, campaign.c AS c,
    CASE WHEN ${host("origin.r")} IS DISTINCT FROM ${host("origin.u")} THEN ${host("origin.r")} END AS r
  FROM session WHERE s IS NOT NULL OR m IS NOT NULL OR c IS NOT NULL OR r IS NOT NULL
), channel AS (
  SELECT person, {'t': start_t, 'm': message_id} AS o, start_t,
    {'s': s, 'm': m, 'c': c, 'r': CASE WHEN coalesce(s, m, c) IS NULL THEN r END} AS name FROM touch
), conversion AS (
  SELECT person, t, o, key_kind, currency, revenue FROM step WHERE ${named(conversion)} AND ${inRange("day", range)} AND person IS NOT NULL
), credited AS (
  SELECT v.o AS v, v.key_kind, any_value(v.currency) AS currency, any_value(v.revenue) AS revenue,
    arg_min(h.name, h.o) AS first_touch, arg_max(h.name, h.o) AS last_touch
  FROM conversion v LEFT JOIN channel h ON h.person = v.person AND h.o <= v.o AND v.t - h.start_t <= 2592000000 GROUP BY 1, 2
), both_models AS (
  SELECT 'first' AS model, first_touch AS name, currency, revenue FROM credited
  UNION ALL SELECT 'last', last_touch, currency, revenue FROM credited
)
SELECT model, name.s AS s, name.m AS m, name.c AS c, name.r AS r, currency, count(*) AS conversions, sum(revenue) AS revenue
FROM both_models GROUP BY ALL ORDER BY ALL`;
}

/** `start`, `users`, `currency`, `n` (days since the first) and `total`, for every cohort and currency with revenue. */
export function lifetimeValueSql(days: number, range: SqlRange): string {
  return `WITH RECURSIVE ${stepCtes(range.zone)}, first AS (
  SELECT person, min(day) AS day FROM step WHERE person IS NOT NULL GROUP BY 1
), cohort AS (SELECT person, day, ${period("day", range)} AS start FROM first WHERE ${inRange("day", range)}
), size AS (SELECT start, count(*) AS users FROM cohort GROUP BY 1
), money AS (
  SELECT c.start, s.currency, s.day - c.day AS n,
    sum(CASE WHEN event = 'Order Refunded' THEN -revenue ELSE revenue END::DECIMAL(38, 6)) AS amount
  FROM cohort c JOIN step s USING (person)
  WHERE s.type = 'track' AND event IN ('Order Completed', 'Order Refunded') AND revenue IS NOT NULL AND s.day - c.day < ${days} GROUP BY ALL
)
SELECT start, users, currency, n, (SELECT coalesce(sum(amount), 0) FROM money m WHERE m.start = k.start AND m.currency = k.currency AND m.n <= k.n) AS total
FROM (SELECT DISTINCT start, currency, range AS n FROM money CROSS JOIN range(${days})) k JOIN size USING (start) ORDER BY 1, 3, 4`;
}
