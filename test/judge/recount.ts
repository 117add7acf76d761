import type { Json, JsonObject } from "@sluice/schema";
import { metrics, type MetricName } from "../../analytics/src/metrics.ts";
import { decimalOfMicros, microsOf } from "../../tools/demo/money.ts";
import type { LakeSql, SqlRow } from "../duckdb.ts";

/** Values by metric and day, as texts that can be compared: what is 0 or empty is left out. */
export type Counted = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What the query API answered. Quotients are left out: their numerators and denominators are compared. */
export function answered(reply: JsonObject): Counted {
  const replies = reply["metrics"] as JsonObject;
  return collect(judgedMetrics, (name) => {
    const { buckets } = replies[name] as { buckets: readonly { start: string; value: Json }[] };
    return buckets.map(({ start, value }) => [start, comparable(value)]);
  });
}

/** What DuckDB counts in the pulled lake with the SQL that the metric's own definition carries. */
export async function countedByDefinition(lake: LakeSql): Promise<Counted> {
  return countedBy(lake, (name) => metrics.get(name)?.oracleSql("UTC", "day") ?? "");
}

/**
 * What DuckDB counts with SQL that shares nothing with the analytics: written from the text of the definitions,
 * with money read from the event's own JSON instead of the column made of it.
 */
export async function countedIndependently(lake: LakeSql): Promise<Counted> {
  await lake.rows(`CREATE OR REPLACE VIEW seen AS
    SELECT epoch_ms(time) AS at, date_trunc('day', make_timestamp(epoch_ms(time) * 1000))::DATE AS day, type, event, is_bot,
      message_id, user_id, anonymous_id, (properties ->> 'revenue')::DECIMAL(30, 6) AS amount,
      coalesce(upper(properties ->> 'currency'), 'EUR') AS currency
    FROM events`);
  return countedBy(lake, (name) => ownSql[name]);
}

const impressions = "event = 'Promotion Viewed' OR event = 'Ad Impression'";
const clicks = "event = 'Promotion Clicked' OR event = 'Ad Clicked'";

/** Metrics that the judge recounts on its own: those that reach back over no earlier day. */
export const judgedMetrics = [
  "events",
  "page_views",
  "dau",
  "revenue",
  "orders",
  "aov",
  "impressions",
  "clicks",
  "ctr",
] as const satisfies readonly MetricName[];

type JudgedMetric = (typeof judgedMetrics)[number];

const ownSql: Readonly<Record<JudgedMetric, string>> = {
  events: "SELECT day, count(DISTINCT (type, message_id)) AS value FROM seen GROUP BY day",
  page_views: "SELECT day, sum((type = 'page')::INT) AS value FROM seen GROUP BY day",
  dau: `SELECT day, count(DISTINCT who) AS value FROM (
      SELECT a.day, a.message_id, coalesce(a.user_id, first(i.user_id ORDER BY i.at, i.message_id), a.anonymous_id) AS who
      FROM seen a LEFT JOIN seen i
        ON i.type = 'identify' AND i.user_id <> '' AND i.anonymous_id = a.anonymous_id
        AND i.at < epoch_ms(a.day + INTERVAL 31 DAY)
      WHERE a.type NOT IN ('identify', 'group', 'alias') AND NOT a.is_bot
      GROUP BY a.day, a.message_id, a.user_id, a.anonymous_id)
    GROUP BY day`,
  revenue: `SELECT day, currency, sum(if(event = 'Order Refunded', -amount, amount)) AS value FROM seen
    WHERE event IN ('Order Completed', 'Order Refunded') GROUP BY day, currency`,
  orders: "SELECT day, count(*) AS value FROM seen WHERE event = 'Order Completed' GROUP BY day",
  aov: `SELECT day, currency, sum(amount) AS numerator, count(*) AS denominator FROM seen
    WHERE event = 'Order Completed' GROUP BY day, currency`,
  impressions: `SELECT day, count(*) AS value FROM seen WHERE ${impressions} GROUP BY day`,
  clicks: `SELECT day, count(*) AS value FROM seen WHERE ${clicks} GROUP BY day`,
  ctr: `SELECT day, count_if(${clicks}) AS numerator, count_if(${impressions}) AS denominator FROM seen
    WHERE ${impressions} OR ${clicks} GROUP BY day`,
};

async function countedBy(lake: LakeSql, sqlOf: (name: JudgedMetric) => string): Promise<Counted> {
  const values = new Map<string, (readonly [string, string])[]>();
  for (const name of judgedMetrics)
    values.set(name, valuesOf(await lake.rows(sqlOf(name)), metrics.get(name)?.unit ?? ""));
  return collect(judgedMetrics, (name) => values.get(name) ?? []);
}

/** One value a day; money by currency, events without one in the project's default, which is EUR here. */
function valuesOf(rows: readonly SqlRow[], unit: string): (readonly [string, string])[] {
  const isMoney = unit.startsWith("money");
  if (!isMoney) return rows.map((row) => [String(row["day"]), textOf(row)]);
  const days = new Map<string, Map<string, { micros: bigint; orders: number }>>();
  for (const row of rows) {
    const day = days.get(String(row["day"])) ?? new Map<string, { micros: bigint; orders: number }>();
    const currency = typeof row["currency"] === "string" ? row["currency"] : "EUR";
    const sum = day.get(currency) ?? { micros: 0n, orders: 0 };
    sum.micros += microsOf(String(row["numerator"] ?? row["value"]));
    sum.orders += Number(row["denominator"] ?? 0);
    days.set(String(row["day"]), day.set(currency, sum));
  }
  return [...days].map(([day, sums]) => [
    day,
    [...sums]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(
        ([currency, { micros, orders }]) => `${currency} ${decimalOfMicros(micros)}${orders > 0 ? ` / ${orders}` : ""}`,
      )
      .join(", "),
  ]);
}

function textOf(row: SqlRow): string {
  return "value" in row ? String(row["value"]) : ratioText(Number(row["numerator"]), Number(row["denominator"]));
}

function ratioText(numerator: number, denominator: number): string {
  return denominator === 0 && numerator === 0 ? "" : `${numerator} / ${denominator}`;
}

function comparable(value: Json): string {
  if (typeof value === "number") return String(value);
  const object = value as JsonObject;
  if ("denominator" in object) return ratioText(Number(object["numerator"]), Number(object["denominator"]));
  return Object.entries(object)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, money]) => {
      if (typeof money === "string") return `${currency} ${money}`;
      const { numerator, denominator } = money as JsonObject;
      return `${currency} ${String(numerator)} / ${String(denominator)}`;
    })
    .join(", ");
}

function collect(
  names: readonly string[],
  valuesFor: (name: JudgedMetric) => readonly (readonly [string, string])[],
): Counted {
  const entries = names.map((name) => {
    const values = valuesFor(name as JudgedMetric).filter(([, text]) => text !== "0" && text !== "");
    return [name, Object.fromEntries([...values].sort(([a], [b]) => (a < b ? -1 : 1)))] as const;
  });
  return Object.fromEntries(entries);
}
