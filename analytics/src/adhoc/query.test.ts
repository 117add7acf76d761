import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AnalyticsHarness, startAnalytics } from "../../testing/harness.ts";
import { PublishedLake } from "../../testing/published-lake.ts";
import { ask, sqlOverLake, tokenOf } from "../../testing/query-world.ts";
import { eventsOf, firstDayMs, randomOf, rowFrom } from "../../testing/rows.ts";

interface Answer {
  readonly rows: readonly { bucket?: string; group: (string | null)[]; values: (number | string | null)[] }[];
  readonly groups: number;
  readonly truncated: boolean;
  readonly scanned: { files: number; rowGroups: number; rows: number; bytes: number };
}

const range = { from: "2026-02-28", to: "2026-05-20" };
const day = (offset: number): string => new Date(firstDayMs + offset * 86_400_000).toISOString();

describe("POST /v1/query on workerd", () => {
  let worker: AnalyticsHarness;
  let all = "";
  let few = "";
  beforeAll(async () => {
    worker = await startAnalytics();
    await worker.admin("POST", "projects", { project: "shop" });
    await worker.admin("POST", "projects", { project: "other" });
    all = await tokenOf(worker, "shop", ["events", "users"]);
    few = await tokenOf(worker, "shop", ["events"]);
    const random = randomOf(3);
    const events = eventsOf(3, 900).map((event, index) => ({
      ...event,
      properties: {
        ...(event["properties"] as object),
        plan: [null, "pro", "free", 7, true, "Ünï 😀", { deep: "er" }, ["a"]][index % 8] ?? null,
        "dotted.key": index % 3 === 0 ? "yes" : "no",
        load: index % 5 === 0 ? "n/a" : Math.floor(random() * 1e6) / 1e3,
      },
    }));
    await new PublishedLake(worker, "shop").publish(events.map(rowFrom), () => Math.floor(random() * 3));
  }, 60_000);
  afterAll(async () => worker.close());

  async function query(body: object): Promise<Answer> {
    const reply = await ask(worker, all, "/v1/query", { ...range, limit: 10_000, ...body });
    expect(reply.status, reply.text).toBe(200);
    return reply.json() as Answer;
  }

  async function refusal(body: object, token = all): Promise<{ status: number; parameter?: string; detail: string }> {
    const reply = await ask(worker, token, "/v1/query", { ...range, ...body });
    expect(reply.headers.get("content-type"), reply.text).toBe("application/problem+json");
    return reply.json() as { status: number; parameter?: string; detail: string };
  }

  test("A105: counts, uniques, sums, averages, extremes and percentiles equal DuckDB's, by column and by property", async () => {
    const load = "TRY_CAST(properties->>'$.load' AS DECIMAL(18, 6))";
    const cases: [object, string][] = [
      [
        {
          groupBy: ["type", "country", "currency"],
          measures: [
            { fn: "count" },
            { fn: "unique", field: "actor" },
            { fn: "count", field: "user_id" },
            { fn: "sum", field: "revenue" },
            { fn: "min", field: "revenue" },
            { fn: "max", field: "time" },
          ],
        },
        `SELECT type, country, currency, count(*)::INT, count(DISTINCT coalesce(user_id, anonymous_id))::INT, count(user_id)::INT,
          sum(revenue)::DECIMAL(38, 6)::VARCHAR, min(revenue)::VARCHAR, strftime(max(time), '%Y-%m-%dT%H:%M:%S.%gZ')
          FROM events GROUP BY 1, 2, 3 ORDER BY 1 NULLS FIRST, 2 NULLS FIRST, 3 NULLS FIRST`,
      ],
      [
        {
          groupBy: ["properties.plan"],
          measures: [
            { fn: "count" },
            { fn: "sum", field: "properties.load" },
            { fn: "percentile", field: "properties.load", p: 0.5, name: "p50" },
            { fn: "percentile", field: "properties.load", p: 0.9, name: "p90" },
            { fn: "percentile", field: "properties.load", p: 0, name: "p0" },
            { fn: "percentile", field: "properties.load", p: 1, name: "p100" },
            { fn: "max", field: "properties.load" },
          ],
        },
        `SELECT properties->>'$.plan', count(*)::INT, sum(${load})::DECIMAL(38, 6)::VARCHAR, quantile_disc(${load}, 0.5)::VARCHAR,
          quantile_disc(${load}, 0.9)::VARCHAR, quantile_disc(${load}, 0)::VARCHAR, quantile_disc(${load}, 1)::VARCHAR, max(${load})::VARCHAR
          FROM events GROUP BY 1 ORDER BY 1 NULLS FIRST`,
      ],
    ];
    const oracle = await sqlOverLake(
      worker.lake,
      cases.map(([, sql]) => sql),
    );
    for (const [index, [body]] of cases.entries()) {
      const answer = await query({ ...body, orderBy: "group" });
      expect(answer.rows.map(({ group, values }) => [...group, ...values])).toEqual(
        oracle[index]?.map((row) => Object.values(row)),
      );
      expect(answer.rows.length).toBeGreaterThan(2);
    }
    const averages = await query({
      groupBy: ["currency"],
      measures: [{ fn: "avg", field: "revenue" }],
      filters: [{ field: "revenue", op: "eq", value: 0.1 }],
    });
    expect(averages.rows[0]?.values).toEqual(["0.100000"]);
  }, 60_000);

  test("A106: every operator of a filter equals DuckDB's, on columns and properties; absent values are matched by ne, notIn and notExists", async () => {
    const cases: [object, string][] = [
      [{ field: "event", op: "eq", value: "Order Completed" }, "event = 'Order Completed'"],
      [{ field: "event", op: "ne", value: "Order Completed" }, "event IS DISTINCT FROM 'Order Completed'"],
      [{ field: "event", op: "in", value: ["Ad Clicked", "😀 \ue000"] }, "event IN ('Ad Clicked', '😀 \ue000')"],
      [{ field: "event", op: "notIn", value: ["Ad Clicked"] }, "event IS NULL OR event NOT IN ('Ad Clicked')"],
      [{ field: "user_id", op: "exists" }, "user_id IS NOT NULL"],
      [{ field: "user_id", op: "notExists" }, "user_id IS NULL"],
      [{ field: "event", op: "contains", value: "Promo" }, "contains(event, 'Promo')"],
      [{ field: "event", op: "startsWith", value: "Order" }, "starts_with(event, 'Order')"],
      [{ field: "event", op: "gte", value: "P" }, "event >= 'P'"],
      [{ field: "revenue", op: "lt", value: "0.1" }, "revenue < 0.1"],
      [{ field: "revenue", op: "gte", value: 19.99 }, "revenue >= 19.99"],
      [{ field: "is_bot", op: "eq", value: true }, "is_bot"],
      [{ field: "time", op: "gt", value: day(15) }, `time > TIMESTAMP '${day(15).slice(0, 19)}'`],
      [{ field: "properties.plan", op: "eq", value: 7 }, "properties->>'$.plan' = '7'"],
      [{ field: "properties.plan", op: "eq", value: "Ünï 😀" }, "properties->>'$.plan' = 'Ünï 😀'"],
      [{ field: "properties.plan", op: "ne", value: true }, "properties->>'$.plan' IS DISTINCT FROM 'true'"],
      [{ field: "properties.plan.deep", op: "exists" }, "properties->>'$.plan.deep' IS NOT NULL"],
      [{ field: ["properties", "dotted.key"], op: "eq", value: "yes" }, `properties->>'$."dotted.key"' = 'yes'`],
      [
        { field: "properties.load", op: "lt", value: 250.5 },
        "TRY_CAST(properties->>'$.load' AS DECIMAL(18,6)) < 250.5",
      ],
      [{ field: "actor", op: "eq", value: "u1" }, "coalesce(user_id, anonymous_id) = 'u1'"],
    ];
    const sql = cases.map(([, condition]) => `SELECT count(*)::INT AS n FROM events WHERE ${condition}`);
    const oracle = await sqlOverLake(worker.lake, sql);
    for (const [index, [filter, condition]] of cases.entries()) {
      const answer = await query({ filters: [filter] });
      const expected = oracle[index]?.[0]?.["n"];
      expect(expected, condition).toBeGreaterThan(0);
      expect(answer.rows[0]?.values[0], condition).toBe(expected);
    }
  }, 60_000);

  test("A107: buckets are those of the time zone, also with offsets of quarter hours; from and to are its days", async () => {
    const cases = ["Asia/Kathmandu", "America/New_York", "UTC"].flatMap((timezone) =>
      ["hour", "day", "week", "month"].map((interval) => ({ timezone, interval })),
    );
    const statements = cases.map(({ timezone, interval }) => {
      const local = `(time AT TIME ZONE 'UTC' AT TIME ZONE '${timezone}')`;
      const format = interval === "hour" ? "%Y-%m-%dT%H:%M" : "%Y-%m-%d";
      return `SELECT strftime(date_trunc('${interval}', ${local}), '${format}'), count(*)::INT FROM events
        WHERE ${local} >= TIMESTAMP '2026-03-02' AND ${local} < TIMESTAMP '2026-04-02' GROUP BY 1 ORDER BY 1`;
    });
    const oracle = await sqlOverLake(worker.lake, statements);
    for (const [index, { timezone, interval }] of cases.entries()) {
      const answer = await query({ timezone, interval, from: "2026-03-02", to: "2026-04-02" });
      const shown = answer.rows.map(({ bucket = "", values }) => [bucket.slice(0, 16), values[0]]);
      expect(shown.length).toBeGreaterThan(0);
      expect(shown, `${timezone} ${interval}`).toEqual(oracle[index]?.map((row) => Object.values(row)));
    }
  }, 60_000);

  test("A108: row groups that statistics rule out are not read, nor columns that nothing names", async () => {
    const everything = await query({ groupBy: ["properties.plan"] });
    const narrow = await query({ filters: [{ field: "anonymous_id", op: "eq", value: "zzz-none" }] });
    expect(narrow.scanned.rowGroups).toBe(0);
    expect(narrow.rows).toEqual([]);
    expect(everything.scanned.rows).toBe(900);
    const day15 = await query({ from: day(15), to: day(16) });
    expect(day15.scanned.files).toBeLessThan(everything.scanned.files / 4);
  });

  test("A109: a range beyond 400 days is refused", async () => {
    const tooLong = await refusal({ from: "2025-01-01", to: "2026-06-01" });
    expect(tooLong).toMatchObject({ status: 400, parameter: "to" });
  });

  test("A110: hostile questions are refused by name and limit: unknown fields, prototypes, patterns, deep paths, huge lists", async () => {
    const many = (count: number, item: unknown): unknown[] => Array.from({ length: count }, () => item);
    const cases: [object, string][] = [
      [{ groupBy: ["__proto__"] }, "groupBy[0]"],
      [{ groupBy: ["constructor"] }, "groupBy[0]"],
      [{ groupBy: ["properties"] }, "groupBy[0]"],
      [{ groupBy: ["properties."] }, "groupBy[0]"],
      [{ groupBy: [`properties.${"a.".repeat(9)}a`] }, "groupBy[0]"],
      [{ groupBy: [`properties.${"a".repeat(201)}`] }, "groupBy[0]"],
      [{ groupBy: ["country; DROP TABLE events"] }, "groupBy[0]"],
      [{ groupBy: many(6, "country") }, "groupBy"],
      [{ groupBy: "country" }, "groupBy"],
      [{ filters: many(21, { field: "event", op: "exists" }) }, "filters"],
      [{ filters: [{ field: "event", op: "regex", value: "(a+)+$" }] }, "filters[0].op"],
      [{ filters: [{ field: "event", op: "toString", value: "a" }] }, "filters[0].op"],
      [{ filters: [{ field: "event", op: "in", value: many(201, "a") }] }, "filters[0].value"],
      [{ filters: [{ field: "event", op: "in", value: [] }] }, "filters[0].value"],
      [{ filters: [{ field: "event", op: "eq", value: "a".repeat(1_001) }] }, "filters[0].value"],
      [{ filters: [{ field: "event", op: "eq", value: { $ne: null } }] }, "filters[0].value"],
      [{ filters: [{ field: "time", op: "gt", value: "yesterday" }] }, "filters[0].value"],
      [{ filters: [{ field: "revenue", op: "gt", value: "1e99" }] }, "filters[0].value"],
      [{ filters: [{ field: "event", op: "eq", value: "a", flags: "i" }] }, "filters[0]"],
      [{ filters: [null] }, "filters[0]"],
      [{ measures: [] }, "measures"],
      [{ measures: [{ fn: "stddev", field: "revenue" }] }, "measures[0].fn"],
      [{ measures: [{ fn: "sum" }] }, "measures[0].field"],
      [{ measures: [{ fn: "percentile", field: "revenue" }] }, "measures[0].p"],
      [{ measures: [{ fn: "percentile", field: "revenue", p: 1.5 }] }, "measures[0].p"],
      [{ measures: [{ fn: "count" }, { fn: "count" }] }, "measures[1].name"],
      [{ limit: 1e9 }, "limit"],
      [{ limit: 0.5 }, "limit"],
      [{ orderBy: "nothing" }, "orderBy"],
      [{ timezone: "Mars/Olympus" }, "timezone"],
      [{ timezone: "../etc" }, "timezone"],
      [{ interval: "fortnight" }, "interval"],
      [{ from: "2026-02-30" }, "from"],
      [{ to: "2026-02-01" }, "to"],
      [{ having: "1=1" }, "having"],
      [{ project: "other" }, "project"],
    ];
    for (const [body, parameter] of cases) {
      const problem = await refusal(body);
      expect(problem, JSON.stringify(body).slice(0, 200)).toMatchObject({ status: 400, parameter });
    }
    const own = await ask(worker, all, "/v1/query", {
      ...range,
      groupBy: [
        ["properties", "__proto__"],
        ["properties", "constructor", "name"],
      ],
    });
    expect((own.json() as Answer).rows).toEqual([{ group: [null, null], values: [900] }]);
    const large = await ask(worker, all, "/v1/query", { ...range, groupBy: ["a".repeat(20_000)] });
    expect(large.status).toBe(413);
  }, 60_000);

  test("A111: what names a person needs the scope users; counting persons does not", async () => {
    const allowed = await ask(worker, few, "/v1/query", { ...range, measures: [{ fn: "unique", field: "user_id" }] });
    expect(allowed.status).toBe(200);
    for (const body of [
      { groupBy: ["user_id"] },
      { groupBy: ["actor"] },
      { groupBy: ["traits.email"] },
      { filters: [{ field: "ip", op: "startsWith", value: "10." }] },
      { measures: [{ fn: "min", field: "anonymous_id" }] },
      { measures: [{ fn: "sum", field: "traits.phone" }] },
      { measures: [{ fn: "avg", field: "user_id" }] },
      { measures: [{ fn: "count" }, { fn: "percentile", field: "traits.phone", p: 0 }] },
    ]) {
      expect(await refusal(body, few), JSON.stringify(body)).toMatchObject({ status: 403, title: "Out of scope" });
    }
  });

  test("A220: a number too large to be compared exactly is refused, and not compared as another one", async () => {
    for (const op of ["lt", "lte", "gt", "gte"]) {
      const filters = [{ field: "properties.load", op, value: 1e300 }];
      expect(await refusal({ filters }), op).toMatchObject({ status: 400, parameter: "filters[0].value" });
    }
    const least = { field: "properties.load", op: "gt", value: -999_999_999_999 };
    expect((await query({ filters: [least] })).rows[0]?.values[0]).toBeGreaterThan(0);
  });

  test("A223: amounts of several currencies are never added or compared: revenue is asked by currency, or of one", async () => {
    for (const fn of ["sum", "avg", "min", "max", "percentile"]) {
      const measures = [{ fn: "count" }, { fn, field: "revenue", ...(fn === "percentile" && { p: 0.5 }) }];
      expect(await refusal({ measures }), fn).toMatchObject({ status: 400, parameter: "measures[1].field" });
      const several = [{ field: "currency", op: "in", value: ["EUR", "USD"] }];
      expect(await refusal({ measures, filters: several }), fn).toMatchObject({ status: 400 });
      const other = [{ field: "currency", op: "ne", value: "EUR" }];
      expect(await refusal({ measures, filters: other }), fn).toMatchObject({ status: 400 });
    }
    const measures = [{ fn: "sum", field: "revenue" }];
    const [usd] = (await query({ measures, filters: [{ field: "currency", op: "eq", value: "USD" }] })).rows;
    const groups = await query({ measures, groupBy: ["currency"] });
    expect(groups.rows.length).toBeGreaterThan(1);
    expect(groups.rows.find(({ group }) => group[0] === "USD")?.values).toEqual(usd?.values);
    expect((await query({ measures: [{ fn: "count", field: "revenue" }] })).rows[0]?.values[0]).toBeGreaterThan(0);
  });

  test("A222: days of a zone other than UTC begin with 2012, before which quarter hours do not hold them", async () => {
    const zone = { to: "2012-01-02", timezone: "America/St_Johns", interval: "day" };
    expect(await refusal({ ...zone, from: "2011-12-31" })).toMatchObject({ status: 400, parameter: "from" });
    expect((await query({ ...zone, from: "2012-01-01" })).rows).toEqual([]);
    expect((await query({ ...zone, timezone: "UTC", from: "2011-12-31" })).rows).toEqual([]);
  });

  test("A112: the same question over the same files is answered 304 without a scan; another project's files are never read", async () => {
    const first = await ask(worker, all, "/v1/query", range);
    const etag = first.headers.get("etag") ?? "";
    expect(first.headers.get("cache-control")).toBe("private, no-cache");
    const headers = { authorization: `Bearer ${all}`, "if-none-match": etag };
    const again = await worker.fetch("/v1/query", headers, "POST", JSON.stringify(range));
    expect([again.status, again.text]).toEqual([304, ""]);
    const narrower = { ...range, limit: 5 };
    expect((await worker.fetch("/v1/query", headers, "POST", JSON.stringify(narrower))).status).toBe(200);
    const other = await tokenOf(worker, "other", ["events"]);
    const foreign = await ask(worker, other, "/v1/query", range);
    expect(foreign.json()).toMatchObject({ project: "other", rows: [], scanned: { files: 0 } });
    expect((await ask(worker, other, "/v1/query?project=shop", range)).status).toBe(404);
    expect((await ask(worker, other, "/v1/query?project=nowhere", range)).status).toBe(404);
  });
});
