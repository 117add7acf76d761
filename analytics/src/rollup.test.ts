import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type AnalyticsHarness, startAnalytics } from "../testing/harness.ts";
import { type OracleRow, recountWithDuckDb } from "../testing/oracle.ts";
import { PublishedLake } from "../testing/published-lake.ts";
import { campaignCost, eventsOf, firstDayMs, randomOf, rowFrom, shuffled } from "../testing/rows.ts";
import type { KpiAnswer } from "./kpi-answer.ts";
import type { MoneyRatioValue, RatioValue } from "./kpi-value.ts";
import { metricNames } from "./metrics.ts";
import { LeaseLost, leaseMs, RollupStore } from "./shell/rollup-store.ts";

describe("roll-up on workerd", () => {
  let worker: AnalyticsHarness;
  let token = "";
  let lake: PublishedLake;
  beforeAll(async () => {
    worker = await startAnalytics({ LOCAL: "1", MESSAGES_SENT: "3", MESSAGES_SETTLED: "3" });
  });
  beforeEach(async () => {
    await worker.reset();
    await worker.admin("POST", "projects", { project: "shop" });
    token = ((await worker.admin("POST", "projects/shop/tokens", { name: "t" })).json() as { token: string }).token;
    lake = new PublishedLake(worker, "shop");
  });
  afterAll(async () => worker.close());

  async function kpis(from = "2026-02-20", to = "2026-05-20"): Promise<KpiAnswer> {
    const path = `/v1/kpis?metrics=${metricNames.join(",")}&from=${from}&to=${to}&interval=day`;
    const reply = await worker.fetch(path, { authorization: `Bearer ${token}` });
    expect(reply.status).toBe(200);
    return reply.json() as KpiAnswer;
  }

  async function flush(): Promise<{ drained: boolean; publishedRows: number; rolledUpDays: number }> {
    const reply = await worker.admin("POST", "flush");
    expect(reply.text + reply.status + (reply.status === 200 ? "" : worker.logs())).toContain("200");
    return reply.json() as { drained: boolean; publishedRows: number; rolledUpDays: number };
  }

  async function state(): Promise<unknown> {
    const rows = await worker.sql("SELECT * FROM rollup ORDER BY project, day, family");
    const marts = (await worker.lake.list({ prefix: "marts/" })).objects.map(({ key, etag }) => [key, etag]);
    return { rows, marts };
  }

  test("A10: every metric equals DuckDB's recount of the lake", async () => {
    const random = randomOf(7);
    await lake.publish([...eventsOf(7, 700), campaignCost].map(rowFrom), () => Math.floor(random() * 3));
    expect((await flush()).rolledUpDays).toBe(10);
    const answer = await kpis();
    const oracle = await recountWithDuckDb(worker.lake);
    for (const name of metricNames) {
      const buckets = answer.metrics[name]?.buckets ?? [];
      // Weekly and monthly users reach beyond the last day that was asked for.
      const expected = (oracle.get(name) ?? []).filter((row) => String(row["day"]) < "2026-05-20");
      expect(expected.length, name).toBeGreaterThan(0);
      expect(flattened(buckets), name).toEqual(expected.map(flatOracle).filter(isSaid).toSorted());
    }
  }, 60_000);

  test("A11: any order of arrival gives the same rows and the same mart bytes", async () => {
    const rows = eventsOf(11, 240).map(rowFrom);
    await lake.publish(rows);
    await flush();
    const expected = await state();
    for (const seed of [1]) {
      await worker.reset();
      await worker.admin("POST", "projects", { project: "shop" });
      const other = new PublishedLake(worker, "shop");
      const random = randomOf(seed);
      const order = shuffled(rows, random);
      for (let start = 0; start < order.length; start += 80) {
        await other.publish(order.slice(start, start + 80), () => Math.floor(random() * 2));
        await flush();
      }
      expect(await state(), `seed ${seed}`).toEqual(expected);
    }
  }, 120_000);

  test("A22: a day too large for one pass is built in slices and gives the same rows", async () => {
    const rows = eventsOf(13, 120).map(rowFrom);
    await lake.publish(rows);
    await flush();
    const whole = await worker.sql("SELECT * FROM rollup ORDER BY project, day, family");
    const sliced = await startAnalytics({ IDS_PER_PASS: "8" });
    try {
      await sliced.admin("POST", "projects", { project: "shop" });
      await new PublishedLake(sliced, "shop").publish(rows);
      expect((await sliced.admin("POST", "flush")).status).toBe(200);
      expect(await sliced.sql("SELECT * FROM rollup ORDER BY project, day, family")).toEqual(whole);
      const marts = (await sliced.lake.list({ prefix: "marts/user_day/" })).objects.map((object) => object.key);
      expect(marts).toContain("marts/user_day/project=shop/dt=2026-03-01/part-00001.parquet");
    } finally {
      await sliced.close();
    }
  }, 120_000);

  test("A28: cron leaves a project alone for a while after a roll-up; a flush does not wait", async () => {
    const paced = await startAnalytics({ ROLLUP_SECONDS: "3600" });
    try {
      await paced.admin("POST", "projects", { project: "shop" });
      const published = new PublishedLake(paced, "shop");
      const counted = async (): Promise<unknown> => {
        const [row] = await paced.sql(
          "SELECT sum(json_extract(body, '$.rows')) AS n FROM rollup WHERE family = 'counts'",
        );
        return row?.["n"];
      };
      await published.publish(eventsOf(1, 20).map(rowFrom));
      await paced.scheduled();
      expect(await counted()).toBe(20);
      await published.publish(eventsOf(2, 30).map(rowFrom));
      await paced.scheduled();
      expect(await counted()).toBe(20);
      await paced.sql("UPDATE project_rollup SET due_at = 0, as_of = 0");
      // After a run the Worker rests for as long as that took.
      const countedByCron = async (): Promise<unknown> => {
        await paced.scheduled();
        return counted();
      };
      await expect.poll(countedByCron, { timeout: 30_000, interval: 200 }).toBe(50);
      await published.publish(eventsOf(3, 10).map(rowFrom));
      expect((await paced.admin("POST", "flush")).status).toBe(200);
      expect(await counted()).toBe(60);
    } finally {
      await paced.close();
    }
  }, 60_000);

  test("A12: a run without changes writes nothing; a run that is repeated writes the same", async () => {
    await lake.publish(eventsOf(3, 100).map(rowFrom));
    await flush();
    const before = await state();
    const marts = (await worker.lake.list({ prefix: "marts/" })).objects.map((object) => object.uploaded.getTime());
    expect((await flush()).rolledUpDays).toBe(0);
    await worker.sql("UPDATE outbox_cursor SET change = 0");
    expect((await flush()).rolledUpDays).toBe(0);
    await worker.sql("UPDATE rollup_day SET inputs = '[]'");
    await worker.sql("UPDATE outbox_cursor SET change = 0");
    expect((await flush()).rolledUpDays).toBeGreaterThan(5);
    expect(await state()).toEqual(before);
    const after = (await worker.lake.list({ prefix: "marts/" })).objects.map((object) => object.uploaded.getTime());
    expect(after).toEqual(marts);
  });

  test("A12: a run that ended anywhere before its cursor moved is made up for, with the same rows and bytes", async () => {
    await lake.publish(eventsOf(4, 100).map(rowFrom));
    await flush();
    const before = await state();
    const crashes = [
      ["after the marts", "DELETE FROM rollup", "DELETE FROM rollup_day"],
      [
        "after some days",
        "DELETE FROM rollup WHERE day > '2026-03-16'",
        "DELETE FROM rollup_day WHERE day > '2026-03-16'",
      ],
      [
        "before the recount",
        "DELETE FROM rollup WHERE family LIKE 'users%'",
        "UPDATE rollup_day SET counted_users = NULL",
      ],
    ] as const;
    for (const [when, ...statements] of crashes) {
      for (const statement of [...statements, "DELETE FROM outbox_cursor"]) await worker.sql(statement);
      expect(await state(), when).not.toEqual(before);
      await flush();
      expect(await state(), when).toEqual(before);
    }
  });

  test("A13: the cursor moves only behind what is rolled up, and a failed project does not stop another", async () => {
    await worker.admin("POST", "projects", { project: "broken" });
    const broken = new PublishedLake(worker, "broken");
    await broken.publish(eventsOf(5, 20).map(rowFrom));
    await broken.tell(true);
    await lake.publish(eventsOf(6, 20).map(rowFrom));
    await worker.scheduled();
    expect(await worker.sql("SELECT DISTINCT project FROM rollup")).toEqual([{ project: "shop" }]);
    expect(await worker.sql("SELECT project FROM outbox_cursor")).toEqual([{ project: "shop" }]);
    expect((await worker.admin("POST", "flush")).status).toBe(502);
    await broken.tell(false);
    await flush();
    expect(await worker.sql("SELECT DISTINCT project FROM rollup")).toHaveLength(2);
  });

  test("A13: a log that began anew is read from its beginning", async () => {
    await lake.publish([rowFrom(page("a1", 0))]);
    await flush();
    const reborn = new PublishedLake(worker, "shop");
    reborn.birthId = "birth-2";
    await reborn.publish([rowFrom(page("a2", 1))]);
    await flush();
    const days = (await kpis()).metrics["dau"]?.buckets.filter((bucket) => bucket.value === 1) ?? [];
    expect(days.map((bucket) => bucket.start)).toEqual(["2026-03-01", "2026-03-02"]);
  });

  test("A14: a link found later joins the anonymous days of the thirty days before it, and no earlier one", async () => {
    const days = [0, 1, 2, 33];
    const pages = days.flatMap((day) => [page("phone", day), page("desk", day)]);
    await lake.publish(pages.map((event) => rowFrom(event)));
    await flush();
    expect(await dau()).toEqual([2, 2, 2, 2]);
    const identify = (anonymousId: string) => ({ ...page(anonymousId, 32), type: "identify", userId: "u" });
    await lake.publish([rowFrom(identify("phone")), rowFrom(identify("desk"))]);
    await flush();
    // Day 32 is beyond the end of day 0 plus 30 days (day 31), and within that of day 2 (day 33).
    expect(await dau()).toEqual([2, 2, 1, 1]);

    async function dau(): Promise<unknown[]> {
      const buckets = (await kpis("2026-03-01", "2026-04-30")).metrics["dau"]?.buckets ?? [];
      return days.map((day) => buckets[day]?.value);
    }
  });

  test("A15: a mart that was lost is built again", async () => {
    await lake.publish([rowFrom(page("a1", 0)), rowFrom(page("a2", 1))]);
    await flush();
    const before = await state();
    await worker.lake.delete("marts/user_day/project=shop/dt=2026-03-01/part-00000.parquet");
    await worker.sql("UPDATE project_rollup SET recount_from = 0");
    await flush();
    expect(await state()).toEqual(before);
  });

  test("A16: while another run holds the lease nothing is written, and an ended lease is taken over", async () => {
    await lake.publish([rowFrom(page("a1", 0))]);
    const until = Date.now() + 60_000;
    await worker.sql("INSERT INTO lease (name, owner, until) VALUES ('rollup', 'another', ?)", until);
    await worker.scheduled();
    expect(await worker.sql("SELECT * FROM rollup")).toEqual([]);
    await worker.sql("UPDATE lease SET until = ?", Date.now() - 1);
    await worker.scheduled();
    const ofTheDay = "SELECT family FROM rollup WHERE family IN ('counts', 'money', 'names', 'users@UTC')";
    expect(await worker.sql(ofTheDay)).toHaveLength(4);
    expect(await worker.sql("SELECT * FROM lease")).toEqual([]);
  });

  test("A16: a lease that was written under a clock far ahead is void", async () => {
    const store = new RollupStore((await worker.database()) as ConstructorParameters<typeof RollupStore>[0]);
    const hourMs = 3_600_000;
    expect(await store.takeLease("ahead", 1_000 + 2 * hourMs)).toBe(true);
    expect(await store.takeLease("new", 1_000)).toBe(true);
    expect(await store.takeLease("a little behind", 1_000 - leaseMs / 2)).toBe(false);
  });

  test("A16: a run that lost its lease writes nothing more", async () => {
    const store = new RollupStore((await worker.database()) as ConstructorParameters<typeof RollupStore>[0]);
    const day = {
      day: "2026-03-01",
      inputs: "[]",
      userMarts: "[]",
      linkMarts: "[]",
      fewLinks: "[]",
      definitions: 1,
      recountFromMs: 0,
      trailFromMs: 0,
    };
    const write = { ...day, bodies: [["counts", "{}"]] as const };
    const cursors = new Map([[0, { birthId: "b", change: 1 }]]);
    expect(await store.takeLease("old", 1_000)).toBe(true);
    expect(await store.takeLease("new", 2_000)).toBe(false);
    expect(await store.takeLease("new", 1_000 + leaseMs)).toBe(true);
    await expect(store.writeDay("old", "shop", write)).rejects.toThrow(LeaseLost);
    await expect(store.advance("old", "shop", cursors, { asOfMs: 1, dueMs: 1, lateDays: [] })).rejects.toThrow(
      LeaseLost,
    );
    await expect(
      store.writeUsers("old", "shop", [{ day: "2026-03-01", family: "users@UTC", body: "{}" }], []),
    ).rejects.toThrow(LeaseLost);
    for (const table of ["rollup", "rollup_day", "outbox_cursor", "project_rollup"]) {
      expect(await worker.sql(`SELECT * FROM ${table}`), table).toEqual([]);
    }
    await store.writeDay("new", "shop", write);
    expect(await worker.sql("SELECT body FROM rollup")).toEqual([{ body: "{}" }]);
  });

  test("A17: a flush says what was pending in the logs and that the queue is empty", async () => {
    lake.pendingRows = 42;
    await lake.publish([rowFrom(page("a1", 0))]);
    expect(await flush()).toEqual({ drained: true, publishedRows: 42, rolledUpDays: 1 });
  });

  test("A18: a bucket is complete two hours after its day once everything published is rolled up", async () => {
    const today = new Date().toISOString().slice(0, 10);
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    await lake.publish([rowFrom(page("a1", 0))]);
    await flush();
    expect((await kpis("2026-03-01", "2026-03-02")).metrics["events"]?.buckets[0]).toEqual({
      start: "2026-03-01",
      complete: true,
      value: 1,
    });
    const answer = await kpis(today, tomorrow);
    expect(answer.metrics["events"]?.buckets[0]).toEqual({ start: today, complete: false, value: 0 });
    expect(Math.abs(Date.now() - Date.parse(answer.asOf))).toBeLessThan(20_000);
  });

  test("A19: an unchanged answer is 304 for its entity tag, is cached privately, and may be asked from any origin", async () => {
    await lake.publish([rowFrom(page("a1", 0))]);
    await flush();
    const path = "/v1/kpis?metrics=dau&from=2026-03-01&to=2026-03-02&interval=day";
    const headers = { authorization: `Bearer ${token}`, origin: "https://other.example" };
    const first = await worker.fetch(path, headers);
    expect(first.headers.get("access-control-allow-origin")).toBe("*");
    expect(first.headers.get("cache-control")).toContain("private");
    const etag = first.headers.get("etag") ?? "";
    expect((await worker.fetch(path, { ...headers, "if-none-match": etag })).status).toBe(304);
    await lake.publish([rowFrom(page("a2", 0))]);
    await flush();
    expect((await worker.fetch(path, { ...headers, "if-none-match": etag })).status).toBe(200);
    const preflight = await worker.fetch(path, { origin: "https://other.example" }, "OPTIONS");
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-headers")).toContain("authorization");
  });

  test("A20: the lake's objects can be listed and read, and nothing outside its folders", async () => {
    await lake.publish([rowFrom(page("a1", 0))]);
    await worker.lake.put("secret/other.json", "{}");
    const listed = (await worker.admin("GET", "lake")).json() as { objects: { key: string }[]; cursor: null };
    expect(listed.cursor).toBeNull();
    expect(listed.objects.map((object) => object.key)).toEqual([
      "events/project=shop/dt=2026-03-01/hour=12/part-00000-0000.parquet",
      "registry/snapshot.json",
    ]);
    const only = (await worker.admin("GET", "lake?prefix=events/project=shop/")).json() as { objects: object[] };
    expect(only.objects).toHaveLength(1);
    const object = await worker.admin("GET", "lake/object?key=registry/snapshot.json");
    expect([object.status, object.headers.get("etag")]).toEqual([200, expect.stringMatching(/^"[0-9a-f]{32}"$/)]);
    expect((await worker.admin("GET", "lake/object?key=events/none")).status).toBe(404);
    for (const path of ["lake/object?key=secret/other.json", "lake/object", "lake?prefix=secret/"]) {
      const refused = await worker.admin("GET", path);
      expect(refused.status, path).toBe(400);
      expect(refused.json()).toMatchObject({ parameter: path.includes("object") ? "key" : "prefix" });
    }
  });

  function page(anonymousId: string, day: number) {
    const timestamp = new Date(firstDayMs + day * 86_400_000 + 12 * 3_600_000).toISOString();
    return { type: "page", anonymousId, timestamp, messageId: `${anonymousId}-${day}` };
  }
});

/** Buckets that hold something, one text each. */
function flattened(buckets: KpiAnswer["metrics"][string]["buckets"]): string[] {
  return buckets
    .flatMap(({ start, value }) => {
      if (typeof value === "number") return value === 0 ? [] : [`${start} ${value}`];
      if (typeof value === "object" && "numerator" in value && typeof value.numerator === "number") {
        const ratio = value as RatioValue;
        if (ratio.numerator === 0 && ratio.denominator === 0) return [];
        expect(ratio.value).toBe(ratio.denominator === 0 ? null : ratio.numerator / ratio.denominator);
        return [`${start} ${ratio.numerator}/${ratio.denominator}`];
      }
      return Object.entries(value as Record<string, string | MoneyRatioValue>).map(([currency, amount]) => {
        if (typeof amount === "string") return `${start} ${currency} ${amount}`;
        return `${start} ${currency} ${amount.numerator}/${amount.denominator}`;
      });
    })
    .toSorted();
}

/** Whether a bucket of that text is listed by {@link flattened}. */
function isSaid(text: string): boolean {
  return !/ 0(?:\/0)?$/.test(text);
}

function flatOracle(row: OracleRow): string {
  const currency = "currency" in row ? ` ${row["currency"]}` : "";
  const number = "denominator" in row ? `${row["numerator"]}/${row["denominator"]}` : String(row["value"]);
  return `${row["day"]}${currency} ${number}`;
}
