import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AnalyticsHarness, startAnalytics } from "../analytics/testing/harness.ts";
import { PublishedLake } from "../analytics/testing/published-lake.ts";
import { ask, type DuckDb, openDuckDb, type SqlRow, tokenOf, withLakeCopy } from "../analytics/testing/query-world.ts";
import { eventsOf, firstDayMs, randomOf, rowFrom } from "../analytics/testing/rows.ts";
import { modelSettings, viewScript } from "../tools/lake/views.ts";
import { projectRoot } from "../tools/project-root.ts";

interface KpiAnswer {
  readonly metrics: Readonly<
    Record<string, { readonly buckets: readonly { readonly start: string; readonly value: unknown }[] }>
  >;
}

/** What the views say of a KPI on a day, in the shape of the query API. */
const columnsOfKpis: ReadonlyMap<string, { readonly view: string; readonly column: string }> = new Map([
  ...["events", "page_views", "orders", "impressions", "clicks"].map(
    (name) => [name, { view: "counts_daily", column: name }] as const,
  ),
  ["dau", { view: "active_users_daily", column: "dau" }],
  ["revenue", { view: "revenue_daily", column: "revenue" }],
]);

const minute = 60_000;
const at = (offsetMs: number): string => new Date(firstDayMs + 85 * 86_400_000 + offsetMs).toISOString();

/** A few people whose numbers can be counted by hand, on days that the made-up crowd does not reach. */
const told = [
  { type: "page", anonymousId: "d1", messageId: "t1", timestamp: at(0), context: { campaign: { name: "spring" } } },
  { type: "track", event: "Product Viewed", anonymousId: "d1", messageId: "t2", timestamp: at(minute) },
  { type: "identify", anonymousId: "d1", userId: "p1", messageId: "t3", timestamp: at(2 * minute) },
  { type: "track", event: "Product Added", userId: "p1", messageId: "t4", timestamp: at(3 * minute) },
  {
    type: "track",
    event: "Experiment Viewed",
    userId: "p1",
    messageId: "t5",
    timestamp: at(3 * minute),
    properties: { experiment_id: "e", variation_id: "a" },
  },
  {
    type: "track",
    event: "Order Completed",
    userId: "p1",
    messageId: "t6",
    timestamp: at(4 * minute),
    properties: { revenue: "12.345678", currency: "EUR" },
  },
  {
    type: "track",
    event: "Campaign Cost",
    userId: "job",
    messageId: "t7",
    timestamp: at(5 * minute),
    properties: { campaign: "spring", cost: "2.5", currency: "EUR" },
  },
  {
    type: "track",
    event: "Promotion Clicked",
    userId: "p1",
    messageId: "t8",
    timestamp: at(6 * minute),
    properties: { campaign: "spring" },
  },
  { type: "page", anonymousId: "d2", messageId: "t9", timestamp: at(0) },
  { type: "page", anonymousId: "d2", messageId: "t10", timestamp: at(31 * minute) },
  { type: "page", anonymousId: "d2", messageId: "t11", timestamp: at(40 * minute) },
].map((event) => ({ ...rowFrom(event), key_kind: event.anonymousId === undefined ? "server" : "public" }));

describe("SQL beside the query API", () => {
  let worker: AnalyticsHarness;
  let duck: DuckDb;
  let token = "";
  let folder = "";
  let release: () => void = () => undefined;
  let copied: Promise<void> = Promise.resolve();
  beforeAll(async () => {
    worker = await startAnalytics();
    await worker.admin("POST", "projects", { project: "shop" });
    token = await tokenOf(worker, "shop", ["kpis"]);
    const random = randomOf(4);
    const rows = [...eventsOf(4, 700).map(rowFrom), ...told];
    await new PublishedLake(worker, "shop").publish(rows, () => Math.floor(random() * 2));
    const flushed = await worker.admin("POST", "flush");
    if (flushed.status !== 200) throw new Error(flushed.text);
    duck = await openDuckDb();
    await new Promise<void>((opened, failed) => {
      const closed = new Promise<void>((resolve) => (release = resolve));
      const use = async (path: string): Promise<void> => {
        folder = path;
        opened();
        await closed;
      };
      copied = withLakeCopy(worker.lake, use, "").catch(failed);
    });
    const script = viewScript({ lake: folder });
    if (!script.ok) throw new Error(script.error);
    await duck.rows(script.value);
  }, 60_000);
  afterAll(async () => {
    duck.close();
    release();
    await copied;
    await worker.close();
  });

  test("A125: the views of sql/ give the query API's number for every KPI that both know, on every day", async () => {
    const path = `/v1/kpis?metrics=${[...columnsOfKpis.keys(), "aov", "ctr"].join(",")}&from=2026-02-20&to=2026-06-20`;
    const { metrics } = (await ask(worker, token, path)).json() as KpiAnswer;
    const answers = new Map<string, readonly SqlRow[]>();
    for (const view of ["counts_daily", "active_users_daily", "revenue_daily"]) {
      answers.set(view, await duck.rows(`SELECT * REPLACE (day::VARCHAR AS day) FROM sluice.${view}`));
    }
    const on = (view: string, day: string): readonly SqlRow[] =>
      (answers.get(view) ?? []).filter((row) => row["day"] === day);
    for (const [name, { view, column }] of columnsOfKpis) {
      const buckets = metrics[name]?.buckets ?? [];
      expect(
        buckets.some(({ value }) => JSON.stringify(value) !== "0" && JSON.stringify(value) !== "{}"),
        name,
      ).toBe(true);
      for (const { start, value } of buckets) {
        const rows = on(view, start);
        const shown: unknown =
          name === "revenue"
            ? Object.fromEntries(rows.map((row) => [row["currency"], row[column]]))
            : Number(rows[0]?.[column] ?? 0);
        expect(shown, `${name} ${start}`).toEqual(value);
      }
    }
    for (const { start, value } of metrics["aov"]?.buckets ?? []) {
      for (const [currency, ratio] of Object.entries(
        value as Record<string, { numerator: string; denominator: number }>,
      )) {
        const row = on("revenue_daily", start).find((one) => one["currency"] === currency);
        expect([row?.["order_revenue"], Number(row?.["orders"])]).toEqual([ratio.numerator, ratio.denominator]);
      }
    }
    for (const { start, value } of metrics["ctr"]?.buckets ?? []) {
      expect(on("counts_daily", start)[0]?.["ctr"] ?? null, start).toBe((value as { value: number | null }).value);
    }
  }, 60_000);

  test("A126: the other views keep what their definitions imply, and give what can be counted by hand", async () => {
    const rows = async (sql: string): Promise<unknown[][]> => (await duck.rows(sql)).map((row) => Object.values(row));
    const [broken] =
      await rows(`SELECT count(*)::INT FROM sluice.lifecycle_daily JOIN sluice.active_users_daily USING (day)
      WHERE new_users + returning_users + resurrected_users <> dau`);
    expect(broken).toEqual([0]);
    expect(
      await rows(
        "SELECT sum(new_users)::INT = (SELECT count(DISTINCT person) FROM sluice.active_days) FROM sluice.lifecycle_daily",
      ),
    ).toEqual([[true]]);
    expect(
      await rows("SELECT DISTINCT retained = users AND unbounded = users FROM sluice.retention_daily WHERE n = 0"),
    ).toEqual([[true]]);
    expect(
      await rows("SELECT count(*)::INT FROM sluice.retention_daily WHERE retained > unbounded OR unbounded > users"),
    ).toEqual([[0]]);
    const day = "day = DATE '2026-05-25'";
    expect(
      await rows(
        `SELECT anonymous_id, person, events::INT, pages::INT, is_bounce, campaign_name FROM sluice.sessions WHERE ${day} ORDER BY 1, start_time`,
      ),
    ).toEqual([
      ["d1", "p1", 2, 1, false, "spring"],
      ["d2", "d2", 1, 1, true, null],
      ["d2", "d2", 2, 2, false, null],
    ]);
    expect(
      await rows(`SELECT sessions::INT, bounce_rate, time_on_page_s FROM sluice.sessions_daily WHERE ${day}`),
    ).toEqual([[3, 1 / 3, 540]]);
    expect(
      await rows(`SELECT person, first_campaign, last_campaign, revenue FROM sluice.attribution WHERE ${day}`),
    ).toEqual([["p1", "spring", "spring", "12.345678"]]);
    expect(
      await rows(`SELECT campaign, currency, clicks::INT, cpc, roas FROM sluice.campaigns_daily WHERE ${day}`),
    ).toEqual([["spring", "EUR", 1, 2.5, 12.345678 / 2.5]]);
    expect(await rows("SELECT experiment, variation, users::INT, converted::INT FROM sluice.experiments")).toEqual([
      ["e", "a", 1, 1],
    ]);
    const funnel = await rows("SELECT event, users::INT FROM sluice.funnel ORDER BY step");
    expect(funnel.map(([event]) => event)).toEqual(["Product Viewed", "Product Added", "Order Completed"]);
    expect(funnel.slice(1)).toEqual([
      ["Product Added", 1],
      ["Order Completed", 1],
    ]);
    expect(
      await rows(`SELECT cumulated, users::INT FROM sluice.lifetime_value WHERE cohort = DATE '2026-05-25'`),
    ).toEqual([["12.345678", 3]]);
    expect((await rows("SELECT * FROM sluice.paths LIMIT 5")).length).toBeGreaterThan(0);
    expect((await rows("SELECT * FROM sluice.week_over_week LIMIT 5")).length).toBeGreaterThan(0);
  }, 60_000);

  test("A127: every DuckDB recipe of docs/sql.md runs over a lake and finds something", async () => {
    const text = readFileSync(join(projectRoot, "docs/sql.md"), "utf8");
    const [, section = ""] = /## DuckDB\n([\s\S]*?)\n## /.exec(text) ?? [];
    const recipes = [...section.matchAll(/```sql\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");
    expect(recipes.length).toBeGreaterThan(5);
    const own = await openDuckDb();
    for (const recipe of recipes) {
      const rows = await own.rows(recipe.replaceAll("lake-pull", folder).replaceAll("2026-11-", "2026-03-"));
      const isQuestion = /^(?:--[^\n]*\n)*(?:SELECT|WITH|FROM)\b/.test(recipe.trimStart());
      if (isQuestion) expect(rows.length, recipe).toBeGreaterThan(0);
    }
    own.close();
  }, 60_000);

  test("A128: the models are one script of views; a setting that does not exist is refused, and a value cannot leave its quotes", () => {
    expect([...modelSettings().keys()]).toEqual([
      "lake",
      "project",
      "currency",
      "timezone",
      "conversion",
      "funnel",
      "funnel_days",
    ]);
    expect(modelSettings().get("project")).toBe("*");
    expect(viewScript({ laek: "x" })).toEqual({ ok: false, error: "There is no setting laek." });
    const script = viewScript({ conversion: "It's; DROP VIEW x" });
    expect(script.ok && script.value).toContain("event = 'It''s; DROP VIEW x'");
    expect(script.ok && script.value).not.toMatch(/\{\{|\}\}/);
  });
});
