import type { Row } from "@sluice/lake";
import type { Json } from "@sluice/schema";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AnalyticsHarness, startAnalytics } from "../testing/harness.ts";
import { type Oracle, type OracleRow, withLakeCopy } from "../testing/oracle.ts";
import { populationOf } from "../testing/population.ts";
import { PublishedLake } from "../testing/published-lake.ts";
import { ask, tokenOf } from "../testing/query-world.ts";
import { randomOf, rowFrom } from "../testing/rows.ts";
import { schemaViolations } from "../testing/json-schema.ts";
import type { CampaignRow } from "./behaviour/campaign-table.ts";
import { campaignTableSql } from "./campaign-oracle-sql.ts";
import type { KpiAnswer } from "./kpi-answer.ts";
import { querySchemas } from "./query-schemas.ts";

const metricsAsked = ["cost", "cpc", "cpa", "cac", "roas"] as const;
const ranges = {
  day: "from=2026-03-07&to=2026-04-04",
  week: "from=2026-03-02&to=2026-04-06",
  month: "from=2026-03-01&to=2026-05-01",
} as const;
const zones = ["Europe/Berlin", "Asia/Kathmandu", "America/New_York"] as const;

/** Clicks and stated costs beside a population's visits and orders, many at quarter hours, where days begin in some zone. */
function campaignRows(): Row[] {
  const random = randomOf(5);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  return Array.from({ length: 150 }, (_, index) => {
    const timestamp = new Date(Date.UTC(2026, 2, 8) + Math.floor(random() * 5 * 96) * 900_000).toISOString();
    const click = {
      event: pick(["Ad Clicked", "Promotion Clicked", "Ad Impression"]),
      anonymousId: `a${index}`,
      properties: { campaign: pick(["spring", null]), name: pick(["ü", null]) },
    };
    const currency = pick(["EUR", "usd", "GBP", null]);
    const cost = {
      event: "Campaign Cost",
      userId: "ads",
      properties: { cost: pick(["1.25", 0.1, -3, "free"]), currency, campaign: pick(["spring", null]) },
    };
    return rowFrom({ type: "track", messageId: `c${index}`, timestamp, ...(index % 3 === 0 ? cost : click) });
  });
}

const rows = [...populationOf(3, 60, 5), ...campaignRows()];

const uploaded = [
  { day: "2026-03-08", campaign: "spring", source: "google", medium: "cpc", currency: "EUR", cost: "12.345678" },
  { day: "2026-03-08", campaign: "spring", source: "meta", currency: "EUR", cost: 7 },
  { day: "2026-03-29", campaign: "ü 😀", currency: "JPY", cost: "999999999.999999" },
  { day: "2026-03-31", campaign: "spring", cost: "0.5" },
];

describe("what campaigns cost and brought", () => {
  let worker: AnalyticsHarness;
  const tokens = { read: "", upload: "" };
  beforeAll(async () => {
    worker = await startAnalytics({ LOCAL: "1", MESSAGES_SENT: "3", MESSAGES_SETTLED: "3" });
    await worker.admin("POST", "projects", { project: "shop" });
    tokens.read = await tokenOf(worker, "shop", ["kpis"]);
    tokens.upload = await tokenOf(worker, "shop", ["costs"]);
    await new PublishedLake(worker, "shop").publish(rows);
    const flushed = await worker.admin("POST", "flush");
    if (flushed.status !== 200) throw new Error(flushed.text);
    // Marts of behaviour are built for who asks; what is read from them is what would be read from the lake.
    await upload(uploaded);
    await kpis(`metrics=cac&${ranges.day}`);
    await worker.scheduled();
  }, 120_000);
  afterAll(async () => worker.close());

  const upload = async (costs: readonly object[]) => ask(worker, tokens.upload, "/v1/costs", { rows: costs });

  async function kpis(query: string): Promise<KpiAnswer> {
    const reply = await ask(worker, tokens.read, `/v1/kpis?${query}`);
    expect(`${query} ${reply.status} ${reply.status === 200 ? "" : reply.text}`).toBe(`${query} 200 `);
    return reply.json() as KpiAnswer;
  }

  test("A155: cost, CPC, CPA, CAC and ROAS equal DuckDB's recount in several zones by day, week and month, per currency", async () => {
    await withLakeCopy(worker.lake, async (oracle) => {
      await fillCosts(oracle);
      for (const zone of zones) {
        for (const interval of ["day", "week", "month"] as const) {
          const base = `interval=${interval}&timezone=${zone}&${ranges[interval]}`;
          const answer = await kpis(`metrics=${metricsAsked.join(",")}&${base}`);
          for (const name of metricsAsked) {
            const expected = (await oracle.recount(name, zone, interval)).map(oracleText).toSorted();
            expect(expected.length, `${name} ${zone} ${interval}`).toBeGreaterThan(2);
            expect(texts(answer, name), `${name} ${zone} ${interval}`).toEqual(expected);
          }
        }
      }
    });
    const month = await kpis(`metrics=${metricsAsked.join(",")}&interval=month&${ranges.month}`);
    // What is compared above is not only zeros.
    expect(texts(month, "cac").join()).toMatch(/\/[1-9]/);
    expect(texts(month, "roas").join()).toMatch(/ EUR [1-9]\d*\.\d+\//);
    expect(month.metrics["roas"]).toMatchObject({ version: 1, unit: "money quotient", live: false });
    expect(month.metrics["cost"]?.buckets.map(({ complete }) => complete)).toEqual([true, true]);
  }, 120_000);

  test("A166: what each campaign showed, cost and brought equals DuckDB's recount", async () => {
    const [from, to] = ["2026-03-08", "2026-04-01"];
    const reply = await ask(worker, tokens.read, `/v1/campaigns?from=${from}&to=${to}&timezone=Asia/Kathmandu`);
    expect(reply.status, reply.text).toBe(200);
    expect(schemaViolations(reply.json() as Json, querySchemas["CampaignAnswer"] ?? {}, { ...querySchemas })).toEqual(
      [],
    );
    const { campaigns } = reply.json() as { campaigns: CampaignRow[] };
    await withLakeCopy(worker.lake, async (oracle) => {
      await fillCosts(oracle);
      const sql = campaignTableSql("Asia/Kathmandu", from, to);
      const sorted = (lines: unknown[][]) => lines.map((line) => line.map(String).join(" ")).toSorted();
      const table = async (query: string, columns: readonly string[]) =>
        sorted((await oracle.rows(query)).map((row) => columns.map((name) => row[name])));
      const counts = campaigns.filter(({ impressions, clicks }) => impressions + clicks > 0);
      expect(sorted(counts.map(({ campaign, impressions, clicks }) => [campaign, impressions, clicks]))).toEqual(
        await table(sql.counts, ["campaign", "impressions", "clicks"]),
      );
      const money = campaigns.flatMap(({ campaign, byCurrency }) =>
        Object.entries(byCurrency).map(([currency, value]) => ({ campaign, currency, ...value })),
      );
      const costs = money.filter(({ cost }) => Number(cost) !== 0);
      expect(sorted(costs.map(({ campaign, currency, cost }) => [campaign, currency, cost]))).toEqual(
        await table(`SELECT * FROM (${sql.costs}) WHERE cost <> 0`, ["campaign", "currency", "cost"]),
      );
      const earned = money.filter(({ revenue }) => Number(revenue) !== 0);
      expect(earned.length).toBeGreaterThan(2);
      expect(sorted(earned.map(({ campaign, currency, revenue }) => [campaign, currency, revenue]))).toEqual(
        await table(`SELECT * FROM (${sql.credits}) WHERE revenue <> 0`, ["campaign", "currency", "revenue"]),
      );
      const byCampaign = `SELECT campaign, sum(orders) AS orders, sum(first_orders) AS first FROM (${sql.credits}) GROUP BY 1`;
      const credited = campaigns.filter(({ orders }) => orders > 0);
      expect(
        sorted(credited.map(({ campaign, orders, newPayingUsers }) => [campaign, orders, newPayingUsers])),
      ).toEqual(await table(byCampaign, ["campaign", "orders", "first"]));
    });
    const spring = campaigns.find(({ campaign }) => campaign === "spring");
    const { cost = "", cpa } = spring?.byCurrency["EUR"] ?? {};
    expect(Number(cpa)).toBeCloseTo(Number(cost) / (spring?.orders ?? 0), 5);
  }, 60_000);

  test("A156: a conversion that is asked for by name counts for CPA; one that was not counted by name is refused", async () => {
    const query = `metrics=cpa&interval=month&timezone=Asia/Kathmandu&${ranges.month}`;
    const answer = await kpis(`${query}&conversion=event:Signed%20Up`);
    const endMs = Date.UTC(2026, 2, 31, 18, 15);
    const signedUp = rows.filter(({ event, time }) => event === "Signed Up" && time < endMs).length;
    expect(signedUp).toBeGreaterThan(5);
    expect(answer.metrics["cpa"]?.buckets[0]?.value).toMatchObject({ GBP: { denominator: signedUp } });
    await worker.sql("UPDATE rollup SET body = json_set(body, '$.others', json('[40,1]')) WHERE family = 'names'");
    const refused = await ask(worker, tokens.read, `/v1/kpis?${query}&conversion=event:Never`);
    expect([refused.status, (refused.json() as { parameter: string }).parameter]).toEqual([422, "conversion"]);
    expect(refused.text).toContain("POST /v1/query");
  });

  test("A157: an upload may be repeated; a row takes the place of the one for the same day, campaign, source, medium, currency", async () => {
    await upload(uploaded);
    expect((await upload(uploaded)).json()).toMatchObject({ rows: 4, changed: 0 });
    const [first = {}] = uploaded;
    expect((await upload([{ ...first, cost: "1" }])).json()).toMatchObject({ rows: 1, changed: 1 });
    const listed = async (query: string) => (await ask(worker, tokens.read, `/v1/costs?${query}`)).json();
    expect(await listed("from=2026-03-08&to=2026-03-30")).toEqual({
      project: "shop",
      costs: [
        { ...first, cost: "1.000000" },
        { ...uploaded[1], medium: "", cost: "7.000000" },
        { ...uploaded[2], source: "", medium: "" },
      ],
      cursor: null,
    });
    await upload(uploaded);
    const day = { day: "2026-01-01", campaign: "", cost: 1 };
    const full = Array.from({ length: 1_000 }, (_, index) => ({ ...day, campaign: `c${index}` }));
    expect((await upload(full)).status).toBe(200);
    const refused = await upload([{ ...day, campaign: "one more" }]);
    expect([refused.status, (refused.json() as { detail: string }).detail]).toEqual([
      422,
      "A day may hold at most 1000 costs; 2026-01-01 would hold more. Nothing was stored.",
    ]);
    expect((await upload([{ ...day, campaign: "c7", cost: 2 }])).json()).toMatchObject({ changed: 1 });
    await upload([{ ...day, day: "2026-01-02", campaign: "behind" }]);
    const page = (await listed("from=2026-01-01&to=2026-01-03")) as { costs: object[]; cursor: string };
    expect(page.costs.length).toBe(1_000);
    expect(await listed(`from=2026-01-01&to=2026-01-03&cursor=${page.cursor}`)).toMatchObject({
      costs: [{ day: "2026-01-02", campaign: "behind", currency: "EUR" }],
      cursor: null,
    });
  });

  test("A158: an upload that is not good in every row stores none, and the refusal names row and field", async () => {
    const [good = {}] = uploaded;
    const before = await worker.sql("SELECT * FROM campaign_cost");
    const cases: [unknown, string][] = [
      [{}, "rows"],
      [{ rows: [] }, "rows"],
      [{ rows: [good], more: 1 }, "more"],
      [{ rows: Array.from({ length: 2_001 }, () => good) }, "rows"],
      [
        {
          rows: [
            { ...good, campaign: "new" },
            { ...good, day: "2026-02-30" },
          ],
        },
        "rows[1].day",
      ],
      [{ rows: [{ ...good, day: "2026-03-08T00:00Z" }] }, "rows[0].day"],
      [{ rows: [{ ...good, day: "2999-01-01" }] }, "rows[0].day"],
      [{ rows: [{ ...good, campaign: "" }] }, "rows[0].campaign"],
      [{ rows: [{ ...good, campaign: "a\u0000b" }] }, "rows[0].campaign"],
      [{ rows: [{ ...good, campaign: "\ud800" }] }, "rows[0].campaign"],
      [{ rows: [{ ...good, source: 7 }] }, "rows[0].source"],
      [{ rows: [{ ...good, medium: "x".repeat(201) }] }, "rows[0].medium"],
      [{ rows: [{ ...good, currency: "eur" }] }, "rows[0].currency"],
      [{ rows: [{ ...good, cost: "1,5" }] }, "rows[0].cost"],
      [{ rows: [{ ...good, cost: -1 }] }, "rows[0].cost"],
      [{ rows: [{ ...good, cost: 1e9 }] }, "rows[0].cost"],
      [{ rows: [{ ...good, __proto__x: 1 }] }, "rows[0]"],
      [{ rows: [good, { ...good, cost: 3 }] }, "rows[1]"],
    ];
    for (const [body, parameter] of cases) {
      const reply = await ask(worker, tokens.upload, "/v1/costs", body as object);
      expect([
        JSON.stringify(body).slice(0, 99),
        reply.status,
        (reply.json() as { parameter: string }).parameter,
      ]).toEqual([JSON.stringify(body).slice(0, 99), 400, parameter]);
    }
    const large = await ask(worker, tokens.upload, "/v1/costs", { rows: "x".repeat(600_000) });
    expect(large.status).toBe(413);
    expect(await worker.sql("SELECT * FROM campaign_cost")).toEqual(before);
    for (const query of [
      "from=x&to=2026-03-02",
      "from=2026-03-02&to=2026-03-02",
      "from=2026-01-01&to=2026-02-01&cursor=x",
    ]) {
      expect((await ask(worker, tokens.read, `/v1/costs?${query}`)).status, query).toBe(400);
    }
  });

  test("A159: only a token with the scope costs may upload, and it reads nothing", async () => {
    expect((await ask(worker, tokens.read, "/v1/costs", { rows: uploaded })).status).toBe(403);
    expect((await ask(worker, tokens.upload, "/v1/costs?from=2026-03-01&to=2026-03-09")).status).toBe(403);
    expect((await ask(worker, tokens.upload, `/v1/kpis?metrics=cost&${ranges.day}`)).status).toBe(403);
    expect((await worker.fetch("/v1/costs", {}, "POST", JSON.stringify({ rows: uploaded }))).status).toBe(401);
    await worker.admin("POST", "projects", { project: "other" });
    const foreign = await tokenOf(worker, "other", ["kpis"]);
    const reply = await ask(worker, foreign, "/v1/costs?from=2026-03-01&to=2026-04-09");
    expect(reply.json()).toMatchObject({ project: "other", costs: [] });
  });
});

async function fillCosts(oracle: Oracle): Promise<void> {
  const values = uploaded.map(
    ({ day, campaign, currency = "EUR", cost }) => `('${day}', '${campaign}', '${currency}', ${cost})`,
  );
  await oracle.rows(`INSERT INTO costs VALUES ${values.join(", ")}`);
}

/** Currencies of all buckets, one text each. */
function texts(answer: KpiAnswer, name: string): string[] {
  const buckets = answer.metrics[name]?.buckets ?? [];
  return buckets
    .flatMap(({ start, value }) =>
      Object.entries(value as Record<string, string | { numerator: string; denominator: string | number }>).map(
        ([currency, amount]) =>
          `${start} ${currency} ${typeof amount === "string" ? amount : `${amount.numerator}/${amount.denominator}`}`,
      ),
    )
    .toSorted();
}

function oracleText(row: OracleRow): string {
  const number = "denominator" in row ? `${row["numerator"]}/${row["denominator"]}` : String(row["value"]);
  return `${row["day"]} ${row["currency"]} ${number}`;
}
