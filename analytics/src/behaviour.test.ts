import type { Row } from "@sluice/lake";
import type { Json } from "@sluice/schema";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type AnalyticsHarness, startAnalytics } from "../testing/harness.ts";
import { schemaViolations } from "../testing/json-schema.ts";
import { populationOf } from "../testing/population.ts";
import { PublishedLake } from "../testing/published-lake.ts";
import { ask, sqlOverLake, tokenOf } from "../testing/query-world.ts";
import { randomOf, shuffled } from "../testing/rows.ts";
import type { EventName } from "./behaviour/event-name.ts";
import type { Funnel, FunnelBucket } from "./behaviour/funnel.ts";
import { experimentSql, funnelSql, retentionSql, sessionSql, type SqlRange } from "./behaviour/oracle-sql.ts";
import { publicRoutes } from "./query-routes.ts";
import { querySchemas } from "./query-schemas.ts";
import type { SessionBucket } from "./behaviour/session-kpis.ts";

const rows = populationOf(8, 20, 9);
const range: SqlRange = { zone: "Asia/Kathmandu", from: "2026-03-09", to: "2026-03-16", interval: "day" };
const asked = "from=2026-03-09&to=2026-03-16&timezone=Asia/Kathmandu";
const order: EventName = { type: "track", name: "Order Completed" };
const declaration = {
  funnel: "trial",
  steps: ["event:Signed Up", "event:Order Completed"],
  windowHours: 48,
  breakdown: "plan",
};
const questions = [
  `sessions?${asked}`,
  `funnels/trial?${asked}`,
  `retention?${asked}&periods=5`,
  `retention?${asked}&mode=bounded&ranges=1-2,3-6&cohort=event:Order Completed`,
  `paths?${asked}&by=event&limit=300`,
  `experiments/checkout?${asked}`,
  `attribution?${asked}`,
  `ltv?${asked}&days=6`,
];

describe("behavioural KPIs on workerd", () => {
  let worker: AnalyticsHarness;
  let token = "";
  let lake: PublishedLake;
  beforeAll(async () => {
    worker = await startAnalytics({ LOCAL: "1", MESSAGES_SENT: "3", MESSAGES_SETTLED: "3" });
  });
  beforeEach(async () => {
    await worker.reset();
    await worker.admin("POST", "projects", { project: "shop" });
    token = await tokenOf(worker, "shop", ["kpis"]);
    lake = new PublishedLake(worker, "shop");
  });
  afterAll(async () => worker.close());

  async function publish(some: readonly Row[], partOf?: () => number): Promise<void> {
    await lake.publish(some, partOf);
    expect((await worker.admin("POST", "flush")).status).toBe(200);
  }

  async function answerOf<Answer>(path: string): Promise<Answer> {
    const reply = await ask(worker, token, `/v1/${path}`);
    expect(`${path} ${reply.status}`, reply.text).toBe(`${path} 200`);
    return reply.json() as Answer;
  }

  async function answers(): Promise<unknown[]> {
    const all: unknown[] = [];
    for (const question of questions) {
      const { asOf, ...answer } = await answerOf<{ asOf: string }>(question);
      all.push(answer);
      const schema = querySchemas[schemaOf(question)] ?? {};
      expect(
        schemaViolations(JSON.parse(JSON.stringify({ asOf, ...answer })) as Json, schema, { ...querySchemas }),
      ).toEqual([]);
    }
    return all;
  }

  /** Name of the schema that the API document gives for a question's answer. */
  function schemaOf(question: string): string {
    const place = question.split("?", 1)[0]?.split("/", 1)[0] ?? "";
    const routes = publicRoutes.filter(({ path }) => path.startsWith(`/v1/${place}`));
    return routes.at(-1)?.answer ?? "";
  }

  async function marts(): Promise<string[][]> {
    const { objects } = await worker.lake.list({ prefix: "marts/s" });
    return objects.map(({ key, etag }) => [key, etag]);
  }

  test("A88: answers equal DuckDB's recount of the lake, read from it and from marts alike", async () => {
    await publish(rows);
    expect((await worker.admin("POST", "projects/shop/funnels", declaration)).status).toBe(201);
    const fromLake = await answers();
    expect(await marts()).toEqual([]);
    await worker.scheduled();
    expect((await marts()).length).toBeGreaterThan(16);
    expect(await answers()).toEqual(fromLake);

    const funnel: Funnel = {
      steps: [{ type: "track", name: "Signed Up" }, order],
      windowMs: 48 * 3_600_000,
      breakdown: "plan",
    };
    const exact = { cohortEvent: null, returnEvent: null, mode: { kind: "exact", count: 5 } } as const;
    const [fromMs, toMs] = [Date.UTC(2026, 2, 8, 18, 15), Date.UTC(2026, 2, 15, 18, 15)];
    const [sessionRows = [], funnelRows = [], retentionRows = [], experimentRows = []] = await sqlOverLake(
      worker.lake,
      [
        sessionSql(range),
        funnelSql(funnel, range, false),
        retentionSql(exact, range),
        experimentSql("checkout", order, range.zone, fromMs, toMs),
      ],
    );
    const sessions = await answerOf<{ buckets: SessionBucket[] }>(questions[0] ?? "");
    const counted = sessions.buckets.filter((bucket) => bucket.sessions > 0);
    expect(counted.map(({ start, sessions: count }) => [start, count])).toEqual(
      sessionRows.map((row) => [row["start"], Number(row["sessions"])]),
    );
    const funnels = await answerOf<{ buckets: FunnelBucket[] }>(questions[1] ?? "");
    const entered = funnels.buckets.filter(({ reached }) => reached[0] !== 0);
    expect(entered.map(({ start, reached }) => [start, ...reached])).toEqual(
      funnelRows.map((row) => [row["start"], ...(row["reached"] as string[]).map(Number)]),
    );
    const { cohorts } = await answerOf<{ cohorts: { start: string; users: number; retained: number[] }[] }>(
      questions[2] ?? "",
    );
    expect(
      cohorts.flatMap(({ start, users, retained }) => (users === 0 ? [] : retained.map((n) => [start, users, n]))),
    ).toEqual(retentionRows.map((row) => [row["start"], Number(row["users"]), Number(row["retained"])]));
    const { variants } = await answerOf<{ variants: { variant: string; users: number; converted: number }[] }>(
      questions[5] ?? "",
    );
    expect(variants.map(({ variant, users, converted }) => [variant, users, converted])).toEqual(
      experimentRows
        .filter((row) => row["variant"] !== null)
        .map((row) => [row["variant"], Number(row["users"]), Number(row["converted"])]),
    );
  }, 120_000);

  test("A89: marts have the same bytes in any order of arrival; late events change those of their day and its neighbours", async () => {
    await publish(rows);
    await answerOf(questions[0] ?? "");
    await worker.scheduled();
    const expected = await marts();
    await worker.reset();
    await worker.admin("POST", "projects", { project: "shop" });
    token = await tokenOf(worker, "shop", ["kpis"]);
    lake = new PublishedLake(worker, "shop");
    const random = randomOf(4);
    const order = shuffled(rows, random);
    await publish(order.slice(0, 400), () => Math.floor(random() * 2));
    await answerOf(questions[0] ?? "");
    await worker.scheduled();
    await publish(order.slice(400), () => Math.floor(random() * 2));
    await worker.sql("UPDATE project_rollup SET due_at = 0");
    await worker.scheduled();
    expect(await marts()).toEqual(expected);

    const noon = Date.UTC(2026, 2, 12, 12);
    const late = rows.find((row) => row.type === "page");
    if (late === undefined) throw new Error("no page");
    await publish([{ ...late, anonymous_id: "late", message_id: "late", time: noon, original_time: noon }]);
    await worker.scheduled();
    const after = new Map((await marts()).map(([key = "", etag]) => [key, etag]));
    const changed = expected.filter(([key = "", etag]) => after.get(key) !== etag).map(([key]) => key);
    expect(changed).toEqual(
      ["session", "step"].map((mart) => `marts/${mart}/project=shop/dt=2026-03-12/part-00000.parquet`),
    );
  }, 120_000);

  test("A89: a mart that was lost or replaced is noticed by its etag: the answer stays, and it is built again", async () => {
    await publish(rows.slice(0, 300));
    const before = await answerOf<{ buckets: unknown }>(questions[0] ?? "");
    await worker.scheduled();
    const built = await marts();
    const [lost = "", replaced = ""] = built
      .map(([key = ""]) => key)
      .filter((key) => key > "marts/session/project=shop/dt=2026-03-10");
    await worker.lake.delete(lost);
    await worker.lake.put(replaced, "something else");
    expect((await answerOf<{ buckets: unknown }>(questions[0] ?? "")).buckets).toEqual(before.buckets);
    await worker.scheduled();
    expect(await marts()).toEqual(built);
  }, 60_000);

  test("A90: marts are built only of projects that somebody asks", async () => {
    await publish(rows.slice(0, 50));
    await worker.scheduled();
    expect(await marts()).toEqual([]);
    await answerOf(questions[0] ?? "");
    await worker.scheduled();
    expect((await marts()).length).toBeGreaterThan(1);
    await worker.lake.delete((await marts()).map(([key = ""]) => key));
    await worker.sql("DELETE FROM behaviour_day");
    await worker.sql("UPDATE behaviour_project SET asked_at = asked_at - 8 * 86400000");
    await worker.scheduled();
    expect(await marts()).toEqual([]);
  }, 60_000);

  test("A91: a funnel is declared, changed under a new version and taken back; steps keep its breakdown from then on", async () => {
    await publish(rows);
    expect((await ask(worker, token, `/v1/funnels/trial?${asked}`)).status).toBe(404);
    const made = await worker.admin("POST", "projects/shop/funnels", declaration);
    expect(made.json()).toEqual({ version: 1, ...declaration });
    expect((await worker.admin("POST", "projects/shop/funnels", declaration)).json()).toMatchObject({ version: 1 });
    const changed = { ...declaration, breakdown: null };
    expect((await worker.admin("POST", "projects/shop/funnels", changed)).json()).toMatchObject({ version: 2 });
    const answer = await answerOf<{ funnel: object; version: number }>(`funnels/trial?${asked}`);
    expect(answer).toMatchObject({ version: 1, funnel: { version: 2, breakdown: null }, timezone: "Asia/Kathmandu" });
    await worker.scheduled();
    await worker.admin("POST", "projects/shop/funnels", declaration);
    const { buckets } = await answerOf<{ buckets: FunnelBucket[] }>(`funnels/trial?${asked}`);
    const values = buckets.flatMap(({ segments }) => segments.map(({ value }) => value));
    expect(new Set(values)).toEqual(new Set(["free", "pro", "3", "true", null]));
    expect((await worker.admin("GET", "projects/shop/funnels")).json()).toMatchObject({ funnels: [{ version: 3 }] });
    expect(await answerOf("funnels")).toMatchObject({ funnels: [{ funnel: "trial" }] });
    expect((await worker.admin("DELETE", "projects/shop/funnels/trial")).status).toBe(200);
    expect((await ask(worker, token, `/v1/funnels/trial?${asked}`)).status).toBe(404);
    expect((await worker.admin("DELETE", "projects/shop/funnels/trial")).status).toBe(404);
  }, 60_000);

  test("A92: a refusal names the parameter, and other projects' funnels are not found", async () => {
    await worker.admin("POST", "projects/shop/funnels", declaration);
    await worker.admin("POST", "projects", { project: "other" });
    const foreign = await tokenOf(worker, "other", ["kpis"]);
    expect((await ask(worker, foreign, `/v1/funnels/trial?${asked}`)).status).toBe(404);
    const refused = [
      ["sessions?from=2026-03-11&to=2026-03-11", "to"],
      ["sessions?from=2026-02-30&to=2026-03-11", "from"],
      ["sessions?from=2024-03-11&to=2026-03-11", "to"],
      [`sessions?${asked}&timezone=Mars/Olympus`, "timezone"],
      ["sessions?from=2011-12-31&to=2012-01-02&timezone=America/St_Johns", "from"],
      [`sessions?from=2026-03-10&to=2026-03-16&interval=week`, "from"],
      [`sessions?${asked}&interval=hour`, "interval"],
      [`sessions?${asked}&__proto__=1`, "__proto__"],
      [`retention?${asked}&mode=rolling`, "mode"],
      [`retention?${asked}&mode=bounded&ranges=7-1`, "ranges"],
      [`retention?${asked}&periods=0`, "periods"],
      [`retention?${asked}&cohort=Signed%20Up`, "cohort"],
      [`retention?${asked}&interval=month`, "interval"],
      [`paths?${asked}&by=user`, "by"],
      [`paths?${asked}&limit=501`, "limit"],
      [`experiments/x?${asked}&conversion=event:`, "conversion"],
      [`ltv?${asked}&days=401`, "days"],
    ];
    for (const [path = "", parameter] of refused) {
      const reply = await ask(worker, token, `/v1/${path}`);
      expect([path, reply.status, (reply.json() as { parameter: string }).parameter]).toEqual([path, 400, parameter]);
    }
    const declared = [
      [{ ...declaration, funnel: "Trial" }, "funnel"],
      [{ ...declaration, steps: ["event:A"] }, "steps"],
      [{ ...declaration, steps: ["event:A", 7] }, "steps"],
      [{ ...declaration, windowHours: 2161 }, "windowHours"],
      [{ ...declaration, breakdown: 'a"b' }, "breakdown"],
      [{ ...declaration, steps: ["page:/", "event:A"] }, "breakdown"],
    ] as const;
    for (const [body, parameter] of declared) {
      const reply = await worker.admin("POST", "projects/shop/funnels", body);
      expect([reply.status, (reply.json() as { parameter: string }).parameter]).toEqual([400, parameter]);
    }
    expect((await worker.admin("POST", "projects/none/funnels", declaration)).status).toBe(404);
    expect((await worker.fetch(`/v1/sessions?${asked}`)).status).toBe(401);
  });

  test("A93: an answer says as of when it is and from which period on it is not complete", async () => {
    await publish(rows.slice(0, 20));
    expect(await answerOf(`sessions?${asked}`)).toMatchObject({ complete: true, incompleteFrom: null, version: 1 });
    expect(await answerOf(`retention?${asked}&mode=unbounded`)).toMatchObject({
      complete: false,
      incompleteFrom: "2026-03-09",
    });
    const day = (offset: number): string => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
    const answer = await answerOf<{ asOf: string }>(`sessions?from=${day(-5)}&to=${day(1)}`);
    // A session may last for a day, and two hours are the grace of late events.
    const first = new Date(Date.parse(answer.asOf) - 26 * 3_600_000).toISOString().slice(0, 10);
    expect(answer).toMatchObject({ complete: false, incompleteFrom: first });
  });
});
