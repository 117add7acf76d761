import { createHash, createHmac } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type AnalyticsHarness, startAnalytics } from "../testing/harness.ts";
import { PublishedLake } from "../testing/published-lake.ts";
import { eventsOf, firstDayMs, rowFrom, visit } from "../testing/rows.ts";
import { dayMs } from "./day.ts";
import { definitionsNumber } from "./jobs/definitions.ts";

interface Jobs {
  readonly jobs: readonly { job: string; project: string; failures: number; dueAt: string; step: string }[];
  readonly runs: readonly {
    job: string;
    outcome: string;
    counts: Record<string, number>;
    inputs: string;
    error: string | null;
  }[];
  readonly problems: readonly { kind: string; project: string; count: number }[];
}

const secret = "secret of the hook";

describe("jobs on workerd", () => {
  let worker: AnalyticsHarness;
  let lake: PublishedLake;
  let hook: TestHook;
  beforeAll(async () => {
    hook = await startHook();
    const alerts = { ALERT_URL: hook.url, ALERT_SECRET: secret };
    worker = await startAnalytics({ LOCAL: "1", ...alerts });
  });
  beforeEach(async () => {
    await worker.reset();
    hook.calls.length = 0;
    hook.status = 200;
    await worker.admin("POST", "projects", { project: "shop" });
    lake = new PublishedLake(worker, "shop");
  });
  afterAll(async () => {
    await worker.close();
    hook.server.close();
  });

  async function jobs(): Promise<Jobs> {
    return (await worker.admin("GET", "jobs")).json() as Jobs;
  }

  async function counted(): Promise<unknown> {
    const [row] = await worker.sql("SELECT sum(json_extract(body, '$.rows')) AS n FROM rollup WHERE family = 'counts'");
    return row?.["n"];
  }

  /** Lets the next tick run a job whatever its turn. */
  async function makeDue(job: string): Promise<void> {
    await worker.sql("UPDATE job SET due_at = 0 WHERE job = ?", job);
  }

  test("A136: a run that did something is one row of history, a run without work none, and the oldest rows make place", async () => {
    await lake.publish(eventsOf(3, 40).map(rowFrom));
    await worker.scheduled();
    await worker.scheduled();
    const { runs } = await jobs();
    expect(runs).toHaveLength(1);
    expect(runs[0]).toMatchObject({ job: "rollup", outcome: "done", counts: { rows: 40 }, error: null });
    await worker.sql(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 99)
      INSERT INTO job_run SELECT 'rollup', 'shop', i, 10 + i, 10 + i, 'done', '{}', NULL, '' FROM n`);
    await worker.sql("UPDATE job_run SET started_at = 1, ended_at = 1 WHERE slot = 0");
    await lake.publish([rowFrom(visit("page", "new", 0))]);
    await worker.admin("POST", "flush");
    const rows = await worker.sql("SELECT slot, counts FROM job_run WHERE job = 'rollup' AND started_at > 1000");
    expect(rows).toMatchObject([{ slot: 0 }]);
    expect(await worker.sql("SELECT count(*) AS n FROM job_run")).toEqual([{ n: 100 }]);
  });

  test("A193: the history of roll-ups has a hash of the parts that were read, and what the run cost", async () => {
    await lake.publish(eventsOf(3, 40).map(rowFrom));
    await worker.admin("POST", "flush");
    const [first] = (await jobs()).runs;
    const parts = (await worker.lake.list({ prefix: "events/" })).objects;
    const lines = parts.map(({ key, etag }) => `${key} ${etag}`).join("\n");
    expect(first?.inputs).toBe(createHash("sha256").update(lines).digest("hex"));
    const marts = (await worker.lake.list({ prefix: "marts/" })).objects.length;
    const days = first?.counts["days"] ?? 0;
    const rows = await worker.sql("SELECT count(*) AS n FROM rollup");
    expect(first?.counts).toMatchObject({ rows: 40, parts: parts.length, classA: days + marts });
    // Each part, and each mart: looked for once, and read by the counts of its day and of all days.
    expect(first?.counts["classB"]).toBeGreaterThanOrEqual(parts.length + 3 * marts);
    expect(first?.counts["rowsWritten"]).toBeGreaterThanOrEqual(Number(rows[0]?.["n"]) + days);
    await worker.admin("POST", "flush");
    expect((await jobs()).runs).toEqual([first]);
  });

  test("A195: late events have the parts of their hours read, and no others; what was lost is built whole", async () => {
    const rows = eventsOf(13, 300).map(rowFrom);
    const late = rows.filter(({ time }) => time >= firstDayMs && time < firstDayMs + 3_600_000).slice(0, 3);
    await lake.publish(rows.filter((row) => !late.includes(row)));
    await worker.admin("POST", "flush");
    await lake.publish(late);
    await worker.admin("POST", "flush");
    const partsOf = async (prefix: string) => (await worker.lake.list({ prefix })).objects;
    const hour = await partsOf("events/project=shop/dt=2026-03-01/hour=00/");
    expect((await partsOf("events/project=shop/dt=2026-03-01/")).length).toBeGreaterThan(hour.length);
    const inputs = hour.map(({ key, etag }) => `${key} ${etag}`).join("\n");
    const [run] = (await worker.sql("SELECT inputs, counts FROM job_run ORDER BY slot DESC LIMIT 1")) as {
      inputs: string;
      counts: string;
    }[];
    expect(run?.inputs).toBe(createHash("sha256").update(inputs).digest("hex"));
    expect(JSON.parse(run?.counts ?? "")).toMatchObject({ parts: 1, days: 1 });
    const made = async (): Promise<unknown> => [
      await worker.sql("SELECT * FROM rollup ORDER BY day, family"),
      (await partsOf("marts/")).map(({ key, etag }) => [key, etag]),
    ];
    const changed = await made();
    await worker.lake.delete("marts/user_day/project=shop/dt=2026-03-01/part-00000.parquet");
    await worker.sql("UPDATE rollup_day SET inputs = replace(inputs, ?, 'another')", hour[0]?.etag ?? "");
    await worker.sql("UPDATE outbox_cursor SET change = change - 1");
    await worker.admin("POST", "flush");
    expect(await made()).toEqual(changed);
  });

  test("A137: a project that fails rests for a growing pause, which a flush does not wait for; a success ends it", async () => {
    await lake.publish(eventsOf(3, 40).map(rowFrom));
    await lake.tell(true);
    await worker.scheduled();
    await worker.scheduled();
    const failing = (await jobs()).jobs.find(({ job }) => job === "rollup");
    expect(failing).toMatchObject({ failures: 1, project: "shop" });
    const restMs = Date.parse(failing?.dueAt ?? "") - Date.now();
    expect(restMs).toBeGreaterThan(100_000);
    expect(restMs).toBeLessThanOrEqual(120_000);
    await worker.sql("UPDATE job SET due_at = 0 WHERE job = 'rollup'");
    await worker.scheduled();
    const second = (await jobs()).jobs.find(({ job }) => job === "rollup");
    expect(Date.parse(second?.dueAt ?? "") - Date.now()).toBeGreaterThan(200_000);
    await lake.tell();
    await worker.scheduled();
    expect(await counted()).toBe(null);
    expect((await worker.admin("POST", "flush")).status).toBe(200);
    expect(await counted()).toBe(40);
    expect((await jobs()).jobs.find(({ job }) => job === "rollup")).toBeUndefined();
    expect((await jobs()).runs.map(({ outcome }) => outcome)).toEqual(["done", "failed", "failed"]);
  });

  test("A138: a job runs under a lease of its own; that of a run that was killed is taken over when its time is over", async () => {
    await worker.scheduled();
    await makeDue("reconcile");
    const untilMs = Date.now() + 60_000;
    await worker.sql("INSERT INTO lease (name, owner, until) VALUES ('reconcile:shop', 'killed', ?)", untilMs);
    await worker.scheduled();
    expect((await jobs()).jobs.find(({ job }) => job === "reconcile")?.dueAt).toBe(new Date(0).toISOString());
    expect((await worker.admin("POST", "projects/shop/reconcile", {})).status).toBe(503);
    await worker.sql("UPDATE lease SET until = 1 WHERE name = 'reconcile:shop'");
    await worker.scheduled();
    const dueAt = (await jobs()).jobs.find(({ job }) => job === "reconcile")?.dueAt ?? "";
    expect(Date.parse(dueAt)).toBeGreaterThan(Date.now() + dayMs - 60_000);
    expect(await worker.sql("SELECT * FROM lease")).toEqual([]);
  });

  test("A139: a lost change notice is healed by reconcile, and so is a part that is gone", async () => {
    await lake.publish(eventsOf(3, 40).map(rowFrom));
    await worker.scheduled();
    const lost = rowFrom(visit("page", "unseen", 3));
    await lake.publish([lost, rowFrom({ ...visit("page", "unseen", 0), timestamp: "2026-03-01T00:30:00Z" })]);
    await worker.sql("UPDATE outbox_cursor SET change = 1000"); // as if the notices had been read
    await worker.scheduled();
    expect(await counted()).toBe(40);
    await makeDue("reconcile");
    await worker.scheduled();
    expect(await counted()).toBe(40); // what was uploaded just now may still be on its way
    const reply = await worker.admin("POST", "projects/shop/reconcile", {});
    expect([reply.status, reply.json()]).toMatchObject([200, { days: 2, cursor: null }]);
    expect(await counted()).toBe(42);
    expect((await worker.admin("POST", "projects/shop/reconcile", {})).json()).toMatchObject({ days: 0 });
    await worker.lake.delete("events/project=shop/dt=2026-03-04/hour=12/part-00000-0000.parquet");
    expect((await worker.admin("POST", "projects/shop/reconcile", {})).json()).toMatchObject({ days: 1 });
    expect(await counted()).toBe(41);
    expect((await jobs()).runs.filter(({ job }) => job === "reconcile")).toHaveLength(2);
  });

  test("A140: backfill builds the days of a range anew, step by step, and goes on from its cursor", async () => {
    await lake.publish(eventsOf(3, 40).map(rowFrom));
    await worker.scheduled();
    const expected = await worker.sql("SELECT * FROM rollup ORDER BY day, family");
    await worker.sql("UPDATE rollup SET body = json_set(body, '$.rows', 7) WHERE family = 'counts'");
    const ask = async (body: object): Promise<{ days: number; cursor: string | null }> => {
      const reply = await worker.admin("POST", "projects/shop/backfill", body);
      expect(reply.status, reply.text).toBe(200);
      return reply.json() as { days: number; cursor: string | null };
    };
    const range = { from: "2026-03-01", to: "2026-05-20" };
    let step = await ask(range);
    let days = step.days;
    const cursors = [step.cursor];
    while (step.cursor !== null) {
      step = await ask({ ...range, cursor: step.cursor });
      days += step.days;
      cursors.push(step.cursor);
    }
    expect(cursors.filter((cursor) => cursor?.endsWith("+") !== true).slice(0, 2)).toEqual([
      "2026-03-11",
      "2026-03-21",
    ]);
    expect(days).toBe(expected.filter(({ family }) => family === "counts").length);
    expect(await worker.sql("SELECT * FROM rollup ORDER BY day, family")).toEqual(expected);
    for (const [body, parameter] of [
      [{ from: "2026-03-01" }, "to"],
      [{ ...range, cursor: "x" }, "cursor"],
      [{ ...range, cursor: "+" }, "cursor"],
    ] as const) {
      const reply = await worker.admin("POST", "projects/shop/backfill", body);
      expect([reply.status, reply.json()]).toMatchObject([400, { parameter }]);
    }
    expect((await worker.admin("POST", "projects/nobody/backfill", range)).status).toBe(404);
  });

  test("A194: a step of a backfill that had no time for all of its days goes on with them, and marks none anew", async () => {
    await lake.publish(eventsOf(3, 40).map(rowFrom));
    await worker.admin("POST", "flush");
    // As a step leaves it whose time was over behind the first of two days.
    await worker.sql("UPDATE rollup_day SET definitions = 0 WHERE day = '2026-03-02'");
    await worker.sql("UPDATE project_rollup SET late_days = json_array(?)", firstDayMs + dayMs);
    const range = { from: "2026-03-01", to: "2026-03-12" };
    const asked = async (cursor: string) =>
      (await worker.admin("POST", "projects/shop/backfill", { ...range, cursor })).json();
    expect(await asked("2026-03-01+")).toEqual({ days: 1, cursor: "2026-03-11" });
    expect(await asked("2026-03-01+")).toEqual({ days: 0, cursor: "2026-03-11" });
    expect(await asked("2026-03-11")).toEqual({ days: 0, cursor: null });
  });

  test("A141: days whose roll-ups were made by other definitions are built again in the background, some at a tick", async () => {
    await lake.publish(Array.from({ length: 12 }, (_, day) => rowFrom(visit("page", "a", day))));
    await worker.admin("POST", "flush");
    await worker.sql("UPDATE rollup_day SET definitions = 5");
    await worker.sql("UPDATE job SET step = '5', due_at = 0 WHERE job = 'definitions'");
    const old = async (): Promise<unknown> => {
      const [row] = await worker.sql("SELECT count(*) AS n FROM rollup_day WHERE definitions <> ?", definitionsNumber);
      return row?.["n"];
    };
    expect(await old()).toBe(12);
    await worker.scheduled();
    expect(await old()).toBe(2);
    await worker.scheduled();
    expect(await old()).toBe(0);
    await worker.scheduled();
    expect((await jobs()).jobs.find(({ job }) => job === "definitions")?.step).toBe(String(definitionsNumber));
  });

  test("A142: an alert is posted once, signed, tried again until it is taken, and holds no data", async () => {
    await lake.publish([rowFrom(visit("page", "somebody@example.com", 0))]);
    await lake.tell(true);
    hook.status = 500;
    for (let failures = 0; failures < 3; failures++) {
      await worker.sql("UPDATE job SET due_at = 0 WHERE job = 'rollup'");
      await worker.scheduled();
    }
    expect(hook.calls).toHaveLength(1);
    hook.status = 200;
    await worker.sql("UPDATE alert SET next_at = 0");
    await worker.scheduled();
    await worker.scheduled();
    expect(hook.calls).toHaveLength(2);
    const call = hook.calls[1];
    const body = JSON.parse(call?.body ?? "") as { id: string; count: number };
    expect(body).toMatchObject({ version: 1, kind: "job_failing", project: "shop", job: "rollup" });
    expect(JSON.parse(hook.calls[0]?.body ?? "")).toMatchObject({ id: body.id });
    const signed = createHmac("sha256", secret).update(`${call?.timestamp}.${call?.body}`).digest("hex");
    expect(call?.signature).toBe(`v1=${signed}`);
    expect(call?.body).not.toContain("somebody");
    await lake.tell();
    await worker.admin("POST", "flush");
    await worker.sql("UPDATE alert SET raised_at = 0");
    await worker.scheduled();
    expect(await worker.sql("SELECT * FROM alert")).toEqual([]);
    expect(hook.calls).toHaveLength(2);
  });

  test("A143: events that are suspected lost and numbers that lag are told of", async () => {
    const hourMs = Math.floor(Date.now() / dayMs) * dayMs - 20 * dayMs;
    const stream = { isolateId: "i", source: "web", hourMs, runs: [], messages: 2, events: 7, voided: [] };
    const outbox = { project: "shop", birthId: "b", changes: [], pendingRows: 0 };
    await worker.fillOutbox({ ...outbox, arrivals: { streams: [stream], untracked: [] } });
    await worker.scheduled();
    await makeDue("ledger");
    await worker.scheduled();
    expect((await jobs()).problems).toMatchObject([{ kind: "suspected_lost", project: "shop", count: 7 }]);
    expect(hook.calls.map(({ body }) => JSON.parse(body) as object)).toMatchObject([
      { kind: "suspected_lost", count: 7 },
    ]);
    await worker.sql("UPDATE project_rollup SET as_of = 0");
    await worker.sql("UPDATE project SET created_at = 0");
    await lake.tell(true);
    await worker.scheduled();
    expect((await jobs()).problems.map(({ kind }) => kind)).toContain("lag");
    expect(hook.calls.map(({ body }) => (JSON.parse(body) as { kind: string }).kind)).toContain("lag");
  });

  test("A144: GET /v1/admin/jobs is for the operator alone", async () => {
    expect((await worker.fetch("/v1/admin/jobs")).status).toBe(404);
    await worker.scheduled();
    const names = (await jobs()).jobs.map(({ job }) => job).sort();
    expect(names).toEqual(["definitions", "ledger", "reconcile"]);
  });
});

interface TestHook {
  readonly server: Server;
  readonly url: string;
  readonly calls: { readonly body: string; readonly timestamp: string; readonly signature: string }[];
  status: number;
}

/** A server that takes alerts. */
async function startHook(): Promise<TestHook> {
  const calls: TestHook["calls"] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const timestamp = String(request.headers["sluice-timestamp"]);
      calls.push({ body, timestamp, signature: String(request.headers["sluice-signature"]) });
      response.writeHead(hook.status).end();
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const hook = { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, calls, status: 200 };
  return hook;
}
