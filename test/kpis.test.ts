import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KpiAnswer } from "../analytics/src/kpi-answer.ts";
import type { Interval } from "../analytics/src/local-period.ts";
import { type MetricName, metrics } from "../analytics/src/metrics.ts";
import { activeUsersBy } from "../analytics/src/oracle-sql.ts";
import type { Oracle, OracleRow } from "../analytics/testing/oracle.ts";
import { randomOf, shuffled } from "../analytics/testing/rows.ts";
import { type PopulationSize, populationRows } from "./kpis/population.ts";
import { KpiWorld } from "./kpis/world.ts";

/*
 * Every KPI against DuckDB, over a population that is fed in several orders. By default a small one;
 * `KPI_POPULATION=20000,400000,19 npm test -- test/kpis.test.ts` takes as many users, events and orders (beside the first),
 * an hour and about 3 GB of memory.
 */
const [users = 300, events = 4_000, orders = 3] = (process.env["KPI_POPULATION"] ?? "")
  .split(",")
  .filter(Boolean)
  .map(Number);
const size: PopulationSize = { users, events };

const zones = ["Europe/Berlin", "UTC", "Asia/Kolkata", "Asia/Kathmandu", "America/New_York"] as const;
const home = "Europe/Berlin";
const ranges: Readonly<Record<Interval, string>> = {
  hour: "from=2026-03-07&to=2026-03-31",
  day: "from=2026-02-01&to=2026-05-20",
  week: "from=2026-02-02&to=2026-05-18",
  month: "from=2026-01-01&to=2026-06-01",
};

describe("a population", () => {
  const rows = populationRows(size);
  const world = new KpiWorld(home, ["country"]);
  let oracle: Oracle;
  beforeAll(async () => {
    await world.take(rows, () => 0);
    oracle = await world.oracle();
  }, 3_000_000);
  afterAll(() => oracle.close());
  const seeds = Array.from({ length: orders }, (_, seed) => seed);

  test("A60: any order of arrival, late or grown part by part, gives the same marts and rows", async () => {
    const expected = world.made();
    for (const seed of seeds) {
      const random = randomOf(seed);
      // Mostly in order, with some of each part late by days, so that days are built many times.
      const late = new Set(rows.filter(() => random() < 0.1));
      const order =
        seed === 0 ? rows.toReversed() : [...rows.filter((row) => !late.has(row)), ...shuffled([...late], random)];
      const other = new KpiWorld(home, ["country"], seed === 1 ? "20000" : undefined);
      const chunk = Math.ceil(order.length / 3);
      for (let start = 0; start < order.length; start += chunk) {
        await other.take(order.slice(start, start + chunk), () => Math.floor(random() * 2));
      }
      expect(other.made(), `seed ${seed}`).toBe(expected);
    }
    expect(world.rowsOfDay()).toBeLessThanOrEqual(200);
  }, 3_000_000);

  test("A61: every KPI equals DuckDB's recount, in five zones and by every interval", async () => {
    for (const zone of zones) {
      for (const interval of ["hour", "day", "week", "month"] as const) {
        const names = [...metrics.values()].filter((metric) => metric.intervals.includes(interval));
        const list = names.map((metric) => metric.name).join(",");
        const answer = await world.ask(`metrics=${list}&interval=${interval}&timezone=${zone}&${ranges[interval]}`);
        for (const { name } of names) {
          const counted = (await oracle.recount(name, zone, interval)).filter((row) => isAsked(row, interval));
          expect(flattened(answer, name), `${name} ${zone} ${interval}`).toEqual(
            counted.map(flatOracle).filter(isSaid).sort(),
          );
        }
      }
    }
  }, 3_000_000);

  test("A62: active users by event and by a declared dimension, and with bots, equal DuckDB's recount", async () => {
    for (const zone of ["Asia/Kathmandu", home]) {
      const base = `metrics=active_users&interval=week&timezone=${zone}&${ranges.week}`;
      for (const [breakdown, condition] of [
        ["event", "type = 'track' AND NOT is_bot"],
        ["country", "type IN ('track', 'page', 'screen') AND NOT is_bot AND country IS NOT NULL"],
      ] as const) {
        const { groups } = (await world.ask(`${base}&breakdown=${breakdown}`)).metrics["active_users"] ?? {};
        const answered = (groups ?? []).flatMap(({ group, buckets }) =>
          buckets.flatMap(({ start, value }) => (value === 0 ? [] : [`${start} ${group} ${String(value)}`])),
        );
        const counted = await oracle.rows(activeUsersBy(condition, breakdown)(zone, "week"));
        const expected = counted.map((row) => `${row["day"]} ${row[breakdown]} ${row["value"]}`);
        expect(expected.length).toBeGreaterThan(20);
        expect(answered.sort(), `${breakdown} ${zone}`).toEqual(expected.sort());
      }
      const bots = await world.ask(`${base}&bots=include`);
      const counted = await oracle.rows(activeUsersBy("type IN ('track', 'page', 'screen')", "project")(zone, "week"));
      expect(flattened(bots, "active_users")).toEqual(counted.map((row) => `${row["day"]} ${row["value"]}`).sort());
      expect(flattened(bots, "active_users")).not.toEqual(flattened(await world.ask(base), "active_users"));
    }
  }, 300_000);
});

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
  return [...texts]
    .map(([key, text]) => `${key} ${text}`)
    .filter(isSaid)
    .sort();
}

type Value = KpiAnswer["metrics"][string]["buckets"][number]["value"];

function textsOf(value: Value): [string, string][] {
  if (typeof value === "number") return [["", String(value)]];
  if ("denominator" in value && typeof value.denominator === "number") {
    return [["", `${String(value["numerator"])}/${value.denominator}`]];
  }
  return Object.entries(value).map(([currency, amount]) => {
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
