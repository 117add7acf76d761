import type { KpiAnswer } from "../../analytics/src/kpi-answer.ts";
import type { MoneyRatioValue } from "../../analytics/src/kpi-value.ts";
import type { Interval } from "../../analytics/src/local-period.ts";
import { type MetricName, metrics } from "../../analytics/src/metrics.ts";
import { activeUsersBy } from "../../analytics/src/oracle-sql.ts";
import type { Oracle, OracleRow } from "../../analytics/testing/oracle.ts";
import { Agreement } from "./agreement.ts";
import { homeZone, type KpiWorld } from "./world.ts";

/** Zones of whole, half and quarter hours; in three of them clocks change. */
const zones = [homeZone, "UTC", "Asia/Kolkata", "Asia/Kathmandu", "America/New_York"] as const;

/** The population lies in each of them whole, but for hours, of which only two changes of clocks are asked for. */
const ranges: Readonly<Record<Interval, string>> = {
  hour: "from=2026-03-07&to=2026-03-31",
  day: "from=2026-02-01&to=2026-05-20",
  week: "from=2026-02-02&to=2026-05-18",
  month: "from=2026-01-01&to=2026-06-01",
};

/** Every KPI in every zone and by every interval, and DuckDB's recount of it. */
export async function kpiAgreement(world: KpiWorld, oracle: Oracle): Promise<Agreement> {
  const agreement = new Agreement();
  for (const zone of zones) {
    for (const interval of ["hour", "day", "week", "month"] as const) {
      const names = [...metrics.values()].filter((metric) => metric.intervals.includes(interval));
      const list = names.map((metric) => metric.name).join(",");
      const answer = await ask(world, `metrics=${list}&interval=${interval}&timezone=${zone}&${ranges[interval]}`);
      for (const { name } of names) {
        const rows = (await oracle.recount(name, zone, interval)).filter((row) => isAsked(row, interval));
        agreement.compare(
          `${name} by ${interval} in ${zone}`,
          flattened(answer, name),
          rows.map(flatOracle).filter(isSaid),
        );
      }
    }
  }
  return agreement;
}

/** Active users by event and by a declared dimension, and with bots, and DuckDB's recount of them. */
export async function groupAgreement(world: KpiWorld, oracle: Oracle): Promise<Agreement> {
  const agreement = new Agreement();
  for (const zone of ["Asia/Kathmandu", homeZone]) {
    const base = `metrics=active_users&interval=week&timezone=${zone}&${ranges.week}`;
    for (const [breakdown, condition] of [
      ["event", "type = 'track' AND NOT is_bot"],
      ["country", "type IN ('track', 'page', 'screen') AND NOT is_bot AND country IS NOT NULL"],
    ] as const) {
      const { groups } = (await ask(world, `${base}&breakdown=${breakdown}`)).metrics["active_users"] ?? {};
      const answered = (groups ?? []).flatMap(({ group, buckets }) =>
        buckets.flatMap(({ start, value }) => (value === 0 ? [] : [`${start} ${group} ${String(value)}`])),
      );
      const rows = await oracle.rows(activeUsersBy(condition, breakdown)(zone, "week"));
      const counted = rows.map((row) => `${row["day"]} ${row[breakdown]} ${row["value"]}`);
      agreement.compare(`active_users by ${breakdown} in ${zone}`, answered, counted);
    }
    const rows = await oracle.rows(activeUsersBy("type IN ('track', 'page', 'screen')", "project")(zone, "week"));
    const withBots = flattened(await ask(world, `${base}&bots=include`), "active_users");
    const counted = rows.map((row) => `${row["day"]} ${row["value"]}`);
    agreement.compare(`active_users with bots in ${zone}`, withBots, counted);
  }
  return agreement;
}

async function ask(world: KpiWorld, query: string): Promise<KpiAnswer> {
  return (await world.ask(`/v1/kpis?${query}`)) as KpiAnswer;
}

function isAsked(row: OracleRow, interval: Interval): boolean {
  const { from, to } = Object.fromEntries(new URLSearchParams(ranges[interval])) as { from: string; to: string };
  return String(row["day"]) >= from && String(row["day"]) < to;
}

/** Buckets that hold something, one text each. Hours that a clock shows twice are added, as DuckDB sees one. */
function flattened(answer: KpiAnswer, name: MetricName): string[] {
  const texts = new Map<string, string>();
  for (const { start, value } of answer.metrics[name]?.buckets ?? []) {
    const day = start.length > 10 ? `${start.slice(0, 16).replace("T", " ")}:00` : start;
    for (const [key, text] of textsOf(value)) {
      const at = `${day}${key}`;
      texts.set(at, addedTexts(texts.get(at), text));
    }
  }
  return [...texts].map(([key, text]) => `${key} ${text}`).filter(isSaid);
}

type Value = KpiAnswer["metrics"][string]["buckets"][number]["value"];

function textsOf(value: Value): [string, string][] {
  if (typeof value === "number") return [["", String(value)]];
  if ("denominator" in value && typeof value.denominator === "number") {
    return [["", `${String(value["numerator"])}/${value.denominator}`]];
  }
  const amounts = value as Readonly<Record<string, string | MoneyRatioValue>>;
  return Object.entries(amounts).map(([currency, amount]) => {
    const text = typeof amount === "string" ? amount : `${amount.numerator}/${amount.denominator}`;
    return [` ${currency}`, text];
  });
}

function addedTexts(one: string | undefined, other: string): string {
  if (one === undefined) return other;
  const [a, b] = [one.split("/"), other.split("/")];
  return a.map((part, index) => addedDecimals(part, b[index] ?? "0")).join("/");
}

function addedDecimals(a: string, b: string): string {
  if (!a.includes(".")) return String(Number(a) + Number(b));
  const micros = BigInt(a.replace(".", "")) + BigInt(b.replace(".", ""));
  const text = (micros < 0n ? -micros : micros).toString().padStart(7, "0");
  return `${micros < 0n ? "-" : ""}${text.slice(0, -6)}.${text.slice(-6)}`;
}

function flatOracle(row: OracleRow): string {
  const currency = "currency" in row ? ` ${row["currency"]}` : "";
  const number = "denominator" in row ? `${row["numerator"]}/${row["denominator"]}` : String(row["value"]);
  return `${row["day"]}${currency} ${number}`;
}

/** Whether a text says more than that there is nothing. */
function isSaid(text: string): boolean {
  return !/ 0(?:\/0)?$/.test(text);
}
