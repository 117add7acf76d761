import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type AnalyticsHarness, type Reply, startAnalytics } from "../testing/harness.ts";
import { PublishedLake } from "../testing/published-lake.ts";
import { firstDayMs, rowFrom } from "../testing/rows.ts";
import type { KpiAnswer } from "./kpi-answer.ts";

describe("numbers of a project on workerd", () => {
  let worker: AnalyticsHarness;
  let token = "";
  beforeAll(async () => {
    worker = await startAnalytics({ LOCAL: "1" });
  });
  beforeEach(async () => {
    await worker.reset();
    await worker.admin("POST", "projects", { project: "shop", dimensions: ["country"] });
    token = ((await worker.admin("POST", "projects/shop/tokens", { name: "t" })).json() as { token: string }).token;
    await new PublishedLake(worker, "shop").publish(
      [
        page("a", 0),
        page("b", 18 * 60 + 29),
        page("b", 18 * 60 + 30),
        page("c", 23 * 60 + 59),
        { ...page("d", 60), context: { userAgent: "Mozilla/5.0 (compatible; Googlebot/2.1)" } },
      ].map((event) => ({ ...rowFrom(event), country: event.anonymousId === "a" ? "DE" : "IN" })),
    );
    expect((await worker.admin("POST", "flush")).status).toBe(200);
  });
  afterAll(async () => worker.close());

  function page(anonymousId: string, minutes: number) {
    const timestamp = new Date(firstDayMs + minutes * 60_000).toISOString();
    return { type: "page", anonymousId, timestamp, messageId: `${anonymousId}-${minutes}` };
  }

  async function ask(query: string): Promise<Reply> {
    return worker.fetch(`/v1/kpis?from=2026-03-01&to=2026-03-03&${query}`, { authorization: `Bearer ${token}` });
  }

  async function values(query: string, metric = "dau"): Promise<unknown[]> {
    const reply = await ask(`metrics=${metric}&${query}`);
    expect(reply.text + String(reply.status)).toContain("200");
    return ((reply.json() as KpiAnswer).metrics[metric]?.buckets ?? []).map((bucket) => bucket.value);
  }

  test("A67: users are counted in any zone, by group and with bots, from the marts of a flush", async () => {
    expect(await values("")).toEqual([3, 0]);
    expect(await values("timezone=Asia/Kolkata")).toEqual([2, 2]);
    expect(await values("timezone=Asia/Kathmandu", "active_users")).toEqual([1, 2]);
    expect(await values("bots=include")).toEqual([4, 0]);
    expect(await values("timezone=Asia/Kolkata", "new_users")).toEqual([2, 1]);
    expect(await values("timezone=Asia/Kolkata", "mau")).toEqual([2, 3]);
    expect(await values("", "wau")).toEqual([3, 3]);
    const byCountry = (await ask("metrics=dau,events&breakdown=country")).json() as KpiAnswer;
    const groups = (metric: string) =>
      byCountry.metrics[metric]?.groups?.map(({ group, buckets }) => [group, buckets[0]?.value]);
    expect(groups("dau")).toEqual([
      ["IN", 2],
      ["DE", 1],
    ]);
    expect(groups("events")).toEqual([
      ["IN", 4],
      ["DE", 1],
    ]);
  });

  test("A67: what would read too much is refused with the reason, and what rows hold is not", async () => {
    await worker.sql(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 800)
      INSERT INTO rollup_day (project, day, inputs, user_marts, link_marts)
      SELECT 'shop', strftime('%Y-%m-%d', 1500000000 + i * 86400, 'unixepoch'), '[]', '[]', '[]' FROM n`);
    const refused = await ask("metrics=new_users&timezone=Asia/Kolkata");
    expect(refused.status).toBe(422);
    expect(refused.json()).toMatchObject({
      title: "Too much to count",
      detail: expect.stringContaining("of 802 days"),
    });
    expect(await values("timezone=Asia/Kolkata")).toEqual([2, 2]);
    expect(await values("", "new_users")).toEqual([3, 0]);
  });

  test("A52: another time zone or other dimensions count every day again; until then nothing is complete", async () => {
    const settings = { timezone: "Asia/Kolkata", dimensions: ["device_class"] };
    expect((await ask("metrics=events&breakdown=device_class")).status).toBe(400);
    expect((await worker.admin("PUT", "projects/shop/numbers", settings)).json()).toEqual({
      project: "shop",
      ...settings,
    });
    const listed = (await worker.admin("GET", "projects")).json();
    expect(listed).toMatchObject({ projects: [{ project: "shop", currency: "EUR", ...settings }] });
    const open = (await ask("metrics=events")).json() as KpiAnswer;
    expect(open).toMatchObject({ timezone: "Asia/Kolkata", asOf: "1970-01-01T00:00:00.000Z" });
    expect(open.metrics["events"]?.buckets.map((bucket) => bucket.complete)).toEqual([false, false]);
    expect((await worker.admin("POST", "flush")).status).toBe(200);
    expect(await values("")).toEqual([2, 2]);
    expect(await worker.sql("SELECT count(*) AS n FROM rollup WHERE family = 'users@Asia/Kolkata'")).toEqual([
      { n: 2 },
    ]);
    const done = (await ask("metrics=events&breakdown=device_class")).json() as KpiAnswer;
    expect(done.metrics["events"]?.buckets.map(({ value, complete }) => [value, complete])).toEqual([
      [3, true],
      [2, true],
    ]);
    expect(done.metrics["events"]?.groups?.map(({ group }) => group)).toEqual([""]);
  });

  test("A52: a zone or dimension that does not exist is refused by name", async () => {
    for (const [body, parameter] of [
      [{ timezone: "Europe/Bern" }, "timezone"],
      [{ timezone: 1 }, "timezone"],
      [{ dimensions: ["ip"] }, "dimensions"],
      [{ dimensions: ["city", "city"] }, "dimensions"],
      [{ dimensions: ["source", "country", "region", "city", "locale", "os_name"] }, "dimensions"],
      [{ dimensions: "country" }, "dimensions"],
    ] as const) {
      const refused = await worker.admin("PUT", "projects/shop/numbers", body);
      expect(refused.status).toBe(400);
      expect(refused.json()).toMatchObject({ parameter });
    }
    expect((await worker.admin("PUT", "projects/none/numbers", {})).status).toBe(404);
  });

  test("A57: an answer says its zone and the release of the zone data", async () => {
    const answer = (await ask("metrics=dau,wau&timezone=Asia/Kathmandu")).json() as KpiAnswer;
    expect(answer.timezone).toBe("Asia/Kathmandu");
    expect(answer.tzdata).toMatch(/^20\d\d[a-z]/);
    expect(answer.metrics["dau"]).toMatchObject({ version: 2, asOf: answer.asOf });
  });
});
