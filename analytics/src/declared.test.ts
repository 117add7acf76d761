import type { Json } from "@sluice/schema";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AnalyticsHarness, startAnalytics } from "../testing/harness.ts";
import { schemaViolations } from "../testing/json-schema.ts";
import { type Oracle, withLakeCopy } from "../testing/oracle.ts";
import { populationOf } from "../testing/population.ts";
import { PublishedLake } from "../testing/published-lake.ts";
import { ask, tokenOf } from "../testing/query-world.ts";
import { keptCount } from "./declared/kept-counts.ts";
import { kpiDeclaration } from "./declared/declaration.ts";
import { activeUsersBy, localTime, periodOf } from "./oracle-sql.ts";
import { querySchemas } from "./query-schemas.ts";

const order = { field: "event", op: "eq", value: "Order Completed" };
const signup = { field: "event", op: "eq", value: "Signed Up" };
const ranges = { day: "from=2026-03-07&to=2026-03-15", week: "from=2026-03-02&to=2026-03-16" } as const;
const zones = ["Asia/Kathmandu", "America/New_York"] as const;

type Interval = keyof typeof ranges;
/** `day`, `g` where there are groups, `currency` where it is money, and `value` or `numerator` and `denominator`. */
type Sql = (zone: string, interval: Interval) => string;

const period = (zone: string, interval: Interval): string => periodOf(interval, localTime(zone));
const isOrder = "type = 'track' AND event = 'Order Completed'";
/** Rows of `who` by local day, from the recount of active users. */
const usersOf = (condition: string): Sql => activeUsersBy(condition, "project");
const aggregate = (value: string, condition: string, groups: readonly string[] = []): Sql => {
  const named = groups.map((group) => `, ${group}`).join("");
  return (zone, interval) =>
    `SELECT ${period(zone, interval)} AS day${named}, ${value} AS value FROM events WHERE ${condition} GROUP BY ALL`;
};
const over = (numerator: Sql, denominator: Sql): Sql => {
  return (zone, interval) => `WITH n AS (${numerator(zone, interval)}), d AS (${denominator(zone, interval)})
    SELECT n.* EXCLUDE (value), n.value AS numerator, d.value AS denominator FROM n JOIN d USING (day)`;
};

const cases: readonly { declaration: Record<string, Json>; isScanned: boolean; total: Sql; groups?: Sql }[] = [
  {
    declaration: { kpi: "orders", fn: "count", filters: [order] },
    isScanned: false,
    total: aggregate("count(*)", isOrder),
  },
  {
    declaration: { kpi: "buyers", fn: "unique", field: "user", filters: [order], bots: "exclude" },
    isScanned: false,
    total: usersOf(`${isOrder} AND NOT is_bot`),
  },
  {
    declaration: { kpi: "signups", fn: "count", filters: [signup], breakdown: "properties.plan" },
    isScanned: true,
    total: aggregate("count(*)", "event = 'Signed Up'"),
    groups: aggregate("count(*)", "event = 'Signed Up'", ["properties->>'$.plan' AS g"]),
  },
  {
    declaration: { kpi: "sold", fn: "sum", field: "revenue", filters: [order], breakdown: "key_kind" },
    isScanned: true,
    total: aggregate("sum(revenue)", `${isOrder} AND revenue IS NOT NULL`, ["currency"]),
    groups: aggregate("sum(revenue)", `${isOrder} AND revenue IS NOT NULL`, ["key_kind AS g", "currency"]),
  },
  {
    declaration: { kpi: "ninety", fn: "percentile", p: 0.9, field: "revenue", filters: [order] },
    isScanned: true,
    total: aggregate("quantile_disc(revenue, 0.9)", `${isOrder} AND revenue IS NOT NULL`, ["currency"]),
  },
  {
    declaration: { kpi: "mean", fn: "average", field: "properties.revenue", filters: [order], bots: "exclude" },
    isScanned: true,
    total: aggregate(
      // Half to even at the sixth digit, as averages are rounded; DuckDB would answer a double.
      `round_even(sum(TRY_CAST(properties->>'$.revenue' AS DECIMAL(18, 6)))::DECIMAL(30, 6)::DOUBLE / count(*), 6)::DECIMAL(18, 6)`,
      `${isOrder} AND NOT is_bot AND (properties->>'$.revenue') IS NOT NULL`,
    ),
  },
  {
    declaration: {
      ...{ kpi: "conversion", fn: "ratio", bots: "exclude" },
      numerator: { fn: "unique", field: "user", filters: [order] },
      denominator: {
        fn: "unique",
        field: "user",
        filters: [{ field: "type", op: "in", value: ["page", "track", "screen"] }],
      },
    },
    isScanned: true,
    total: over(usersOf(`${isOrder} AND NOT is_bot`), usersOf("type IN ('page', 'track', 'screen') AND NOT is_bot")),
  },
  {
    declaration: {
      ...{ kpi: "per-buyer", fn: "ratio", filters: [order] },
      numerator: { fn: "sum", field: "revenue" },
      denominator: { fn: "unique", field: "user" },
    },
    isScanned: true,
    total: over(aggregate("sum(revenue)", `${isOrder} AND revenue IS NOT NULL`, ["currency"]), usersOf(isOrder)),
  },
];

interface Bucket {
  readonly start: string;
  readonly value: Json;
}

interface Answer {
  readonly version: number;
  readonly kpi: { readonly version: number };
  readonly buckets: readonly Bucket[];
  readonly groups?: readonly { readonly group: string | null; readonly buckets: readonly Bucket[] }[];
  readonly scanned: object | null;
}

describe("declared KPIs", () => {
  let worker: AnalyticsHarness;
  let token = "";
  const rows = populationOf(3, 50, 4);
  const declare = async (body: object) => worker.admin("POST", "projects/shop/kpis", body);
  beforeAll(async () => {
    worker = await startAnalytics({ LOCAL: "1", MESSAGES_SENT: "3", MESSAGES_SETTLED: "3" });
    await worker.admin("POST", "projects", { project: "shop" });
    token = await tokenOf(worker, "shop", ["kpis"]);
    await new PublishedLake(worker, "shop").publish(rows);
    const flushed = await worker.admin("POST", "flush");
    if (flushed.status !== 200) throw new Error(flushed.text);
  }, 120_000);
  afterAll(async () => worker.close());

  async function answerOf(path: string): Promise<Answer> {
    const reply = await ask(worker, token, `/v1/declared/${path}`);
    expect(`${path} ${reply.status} ${reply.status === 200 ? "" : reply.text}`).toBe(`${path} 200 `);
    expect(schemaViolations(reply.json() as Json, querySchemas["DeclaredAnswer"] ?? {}, { ...querySchemas })).toEqual(
      [],
    );
    return reply.json() as Answer;
  }

  test("A160: count, unique, sum, average, percentile and ratio, declared after the events came, equal DuckDB's recount in zones", async () => {
    await withLakeCopy(worker.lake, async (oracle: Oracle) => {
      for (const { declaration, isScanned, total, groups } of cases) {
        expect((await declare(declaration)).status, JSON.stringify(declaration)).toBe(201);
        for (const [index, zone] of zones.entries()) {
          const interval = index === 0 ? "day" : "week";
          const what = `${String(declaration["kpi"])} ${zone}`;
          const answer = await answerOf(
            `${String(declaration["kpi"])}?interval=${interval}&timezone=${zone}&${ranges[interval]}`,
          );
          expect([what, answer.scanned !== null]).toEqual([what, isScanned]);
          const expected = (await oracle.rows(total(zone, interval))).map(rowText).filter(isSaid).toSorted();
          expect(expected.length, what).toBeGreaterThan(1);
          expect(answer.buckets.flatMap(({ start, value }) => texts(start, value)).toSorted(), what).toEqual(expected);
          if (groups === undefined) continue;
          const grouped = (answer.groups ?? []).flatMap(({ group, buckets }) =>
            buckets.flatMap(({ start, value }) => texts(`${group} ${start}`, value)),
          );
          const found = await oracle.rows(groups(zone, interval));
          expect(grouped.toSorted(), what).toEqual(found.map((row) => `${row["g"]} ${rowText(row)}`).toSorted());
        }
      }
    });
  }, 180_000);

  test("A161: a declaration is listed, changed under a higher version and taken back; the same one again changes nothing", async () => {
    const first = { kpi: "visits", fn: "count", filters: [{ field: "type", op: "eq", value: "page" }] };
    expect((await declare(first)).json()).toEqual({ ...first, version: 1 });
    expect((await declare(first)).json()).toMatchObject({ version: 1 });
    expect((await declare({ ...first, bots: "exclude" })).json()).toMatchObject({ version: 2 });
    expect(await answerOf(`visits?${ranges.day}`)).toMatchObject({ version: 1, kpi: { version: 2, bots: "exclude" } });
    const listed = (await ask(worker, token, "/v1/declared")).json() as { kpis: { kpi: string }[] };
    expect(listed.kpis.filter(({ kpi }) => kpi === "visits")).toEqual([{ ...first, bots: "exclude", version: 2 }]);
    await worker.admin("POST", "projects", { project: "other" });
    const foreign = await tokenOf(worker, "other", ["kpis"]);
    expect((await ask(worker, foreign, `/v1/declared/visits?${ranges.day}`)).status).toBe(404);
    expect((await worker.admin("DELETE", "projects/shop/kpis/visits")).status).toBe(200);
    expect((await ask(worker, token, `/v1/declared/visits?${ranges.day}`)).status).toBe(404);
    expect((await declare(first)).json()).toMatchObject({ version: 3 });
    expect((await worker.admin("POST", "projects/none/kpis", first)).status).toBe(404);
  });

  test("A162: a refusal names the field of the declaration, or the parameter of the question", async () => {
    const good = { kpi: "x", fn: "sum", field: "properties.a", filters: [order] };
    const ratio = { kpi: "x", fn: "ratio", numerator: { fn: "count" }, denominator: { fn: "unique", field: "user" } };
    const refused: [object, string][] = [
      [{ ...good, kpi: "X" }, "kpi"],
      [{ ...good, fn: "median" }, "fn"],
      [{ ...good, field: "nowhere" }, "field"],
      [{ ...good, field: "user" }, "field"],
      [{ kpi: "x", fn: "unique" }, "field"],
      [{ ...good, fn: "percentile" }, "p"],
      [{ ...good, p: 0.5 }, "p"],
      [{ ...good, money: "yes" }, "money"],
      [{ ...good, field: "revenue", money: false }, "money"],
      [{ kpi: "x", fn: "count", money: true }, "money"],
      [{ ...good, filters: [{ field: "event", op: "like", value: "a" }] }, "filters[0].op"],
      [{ ...good, breakdown: "user_id" }, "breakdown"],
      [{ ...good, breakdown: "properties" }, "breakdown"],
      [{ ...good, bots: true }, "bots"],
      [{ ...good, numerator: {} }, "numerator"],
      [{ ...ratio, numerator: { fn: "average", field: "properties.a" } }, "numerator.fn"],
      [{ ...ratio, denominator: { fn: "sum", field: "a" } }, "denominator.field"],
      [
        { ...ratio, numerator: { fn: "count", filters: [{ field: "country", op: "eq" }] } },
        "numerator.filters[0].value",
      ],
      [{ ...ratio, denominator: { fn: "count", more: 1 } }, "denominator"],
      [{ ...ratio, denominator: undefined }, "denominator"],
    ];
    for (const [body, parameter] of refused) {
      const reply = await declare(body);
      expect([body, reply.status, (reply.json() as { parameter: string }).parameter]).toEqual([body, 400, parameter]);
    }
    await declare({ kpi: "x", fn: "count" });
    for (const [query, parameter] of [
      [`${ranges.day}&interval=hour`, "interval"],
      [`${ranges.day}&interval=week`, "from"],
      [`${ranges.day}&breakdown=country`, "breakdown"],
    ] as const) {
      const reply = await ask(worker, token, `/v1/declared/x?${query}`);
      expect([query, reply.status, (reply.json() as { parameter: string }).parameter]).toEqual([query, 400, parameter]);
    }
  });

  test("A163: what roll-ups or marts hold is not scanned; groups beyond what one question may keep are refused with the limit", async () => {
    const kindOf = (body: object) => {
      const declared = kpiDeclaration({ kpi: "x", ...body });
      if (!declared.ok) throw new Error(declared.error.detail);
      return keptCount(declared.value)?.kind ?? null;
    };
    const track = { field: "type", op: "eq", value: "track" };
    const users = { fn: "unique", field: "user", filters: [order] };
    expect(kindOf({ fn: "count", filters: [order, track] })).toBe("events");
    expect(kindOf({ fn: "count", filters: [{ ...order, op: "in", value: ["A", "B"] }] })).toBe("events");
    expect(kindOf(users)).toBe("users");
    for (const body of [
      { fn: "count" },
      { fn: "count", filters: [{ ...order, op: "ne" }] },
      { fn: "count", filters: [order], bots: "exclude" },
      { fn: "count", filters: [order], breakdown: "country" },
      { fn: "count", filters: [order, { ...track, value: "page" }] },
      { fn: "count", field: "revenue", filters: [order] },
      { ...users, field: "anonymous_id" },
      { ...users, filters: [{ ...order, op: "in", value: ["A", "B"] }] },
    ]) {
      expect([body, kindOf(body)]).toEqual([body, null]);
    }
    const noon = Date.UTC(2026, 4, 1, 12);
    const page = rows.find(({ type }) => type === "page");
    if (page === undefined) throw new Error("no page");
    const many = Array.from({ length: 10_001 }, (_, index) => {
      return { ...page, message_id: `many-${index}`, city: `c${index}`, time: noon };
    });
    await new PublishedLake(worker, "shop").publish(many);
    await declare({ kpi: "cities", fn: "count", breakdown: "city" });
    const reply = await ask(worker, token, "/v1/declared/cities?from=2026-05-01&to=2026-05-02");
    expect([reply.status, (reply.json() as { detail: string }).detail]).toEqual([
      422,
      "This needs more than 10000 groups, which is what one question may keep. Filter, shorten the range, or group by less.",
    ]);
  }, 60_000);
});

/** A bucket's value as texts, one for each currency where there are several; nothing for nothing. */
function texts(at: string, value: Json): string[] {
  if (value === null || typeof value !== "object") return [`${at} ${value}`].filter(isSaid);
  if ("numerator" in value)
    return [`${at} ${String(value["numerator"])}/${String(value["denominator"])}`].filter(isSaid);
  return Object.entries(value).flatMap(([currency, amount]) => texts(`${at} ${currency}`, amount as Json));
}

function rowText(row: Readonly<Record<string, unknown>>): string {
  const currency = "currency" in row ? ` ${String(row["currency"])}` : "";
  const number =
    "numerator" in row ? `${String(row["numerator"])}/${String(row["denominator"])}` : String(row["value"]);
  return `${String(row["day"])}${currency} ${number}`;
}

/** Whether a text says more than that there is nothing. */
function isSaid(text: string): boolean {
  return !/ (?:0(?:\.0+)?(?:\/0)?|null)$/.test(text);
}
