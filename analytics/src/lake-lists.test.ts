import type { Row, rowOf } from "@sluice/lake";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AnalyticsHarness, startAnalytics } from "../testing/harness.ts";
import { PublishedLake } from "../testing/published-lake.ts";
import { ask, sqlOverLake, tokenOf } from "../testing/query-world.ts";
import { eventsOf, firstDayMs, randomOf, rowFrom } from "../testing/rows.ts";

const range = "from=2026-02-28&to=2026-05-20";
const hour = (offset: number): string => new Date(firstDayMs + offset * 3_600_000).toISOString();

describe("catalogue, users and export on workerd", () => {
  let worker: AnalyticsHarness;
  let all = "";
  let few = "";
  let rows: Row[] = [];
  beforeAll(async () => {
    worker = await startAnalytics();
    await worker.admin("POST", "projects", { project: "shop" });
    all = await tokenOf(worker, "shop", ["events", "users", "export"]);
    few = await tokenOf(worker, "shop", ["events"]);
    const event = (type: string, messageId: string, more: object) => ({
      type,
      messageId,
      timestamp: hour(30),
      ...more,
    });
    const told = [
      event("page", "v1", { anonymousId: "dev-1", timestamp: hour(1) }),
      event("identify", "i1", {
        anonymousId: "dev-1",
        userId: "ann",
        timestamp: hour(2),
        traits: { plan: "free", city: "Köln" },
      }),
      event("identify", "i2", { userId: "ann", timestamp: hour(5), traits: { plan: "pro", ["__proto__"]: 1 } }),
      event("track", "o1", {
        userId: "ann",
        event: "Order Completed",
        timestamp: hour(3),
        properties: { revenue: "10.10", currency: "EUR", note: "=cmd|' /C calc'!A0" },
      }),
      event("track", "o2", {
        userId: "ann",
        event: "Order Refunded",
        timestamp: hour(4),
        properties: { revenue: 0.1, currency: "EUR" },
      }),
      event("identify", "i3", { anonymousId: "dev-1", userId: "bob", timestamp: hour(50) }),
      event("page", "v2", { anonymousId: "dev-1", timestamp: hour(51), properties: { title: '+1, "quoted"\nline' } }),
      event("page", "c1", { userId: "old-cleo", timestamp: hour(10) }),
      event("page", "c2", { userId: "cleo", timestamp: hour(11) }),
      event("page", "c3", { anonymousId: "dev-9", timestamp: hour(12) }),
      event("identify", "c4", { anonymousId: "dev-9", userId: "older-cleo", timestamp: hour(13) }),
      event("alias", "c5", { previousId: "old-cleo", userId: "cleo", timestamp: hour(60) }),
      event("alias", "c6", { previousId: "older-cleo", userId: "old-cleo", timestamp: hour(59) }),
      event("page", "d1", { userId: "dora", timestamp: hour(10) }),
      event("alias", "d2", { previousId: "cleo", userId: "dora", timestamp: hour(11) }),
    ];
    const random = randomOf(5);
    rows = [...eventsOf(5, 600), ...told].map((one) => rowFrom(one as Parameters<typeof rowOf>[0]));
    // A public key may not join two users.
    rows = rows.map((row) => (row.message_id === "d2" ? { ...row, key_kind: "public" } : row));
    await new PublishedLake(worker, "shop").publish(rows, () => Math.floor(random() * 2));
    await worker.admin("POST", "rollup");
  }, 60_000);
  afterAll(async () => worker.close());

  test("A113: the catalogue names every event of a range with volume, first and last seen, and its properties with kinds", async () => {
    const [oracle] = await sqlOverLake(worker.lake, [
      `SELECT type, CASE WHEN type = 'track' THEN event END AS event, count(*)::INT AS count, (count(*) FILTER (is_bot))::INT AS bots,
        strftime(min(time), '%Y-%m-%dT%H:%M:%S.%gZ') AS "firstSeen", strftime(max(time), '%Y-%m-%dT%H:%M:%S.%gZ') AS "lastSeen"
        FROM events GROUP BY 1, 2 ORDER BY 1, 2`,
    ]);
    interface Listed {
      events: { type: string; event: string | null; properties: { name: string; samples?: string[] }[] }[];
      cursor: string | null;
      total: number;
    }
    const whole = (await ask(worker, all, `/v1/events?${range}`)).json() as Listed;
    expect(whole.events).toMatchObject(oracle ?? []);
    expect(whole.total).toBe(oracle?.length);
    const order = whole.events.find(({ event }) => event === "Order Completed");
    expect(order?.properties.find(({ name }) => name === "note")).toMatchObject({
      kinds: ["text"],
      seen: 1,
      samples: ["=cmd|' /C calc'!A0"],
    });
    const without = (await ask(worker, few, `/v1/events?${range}`)).text;
    expect(without).not.toContain("samples");
    expect(without).not.toContain("calc");
    const paged: unknown[] = [];
    let cursor: string | null = null;
    do {
      const page: Listed = (
        await ask(worker, all, `/v1/events?${range}&limit=3${cursor === null ? "" : `&cursor=${cursor}`}`)
      ).json() as Listed;
      paged.push(...page.events);
      cursor = page.cursor;
    } while (cursor !== null);
    expect(paged).toEqual(whole.events);
    const one = (await ask(worker, all, `/v1/events?${range}&event=Order%20Refunded`)).json() as Listed;
    expect(one.events.map(({ event }) => event)).toEqual(["Order Refunded"]);
  }, 60_000);

  test("A114: a user's profile and timeline follow identity links: earlier visits of a linked device belong to it, later owners do not matter", async () => {
    interface User {
      user: string;
      anonymousIds: string[];
      profile: Record<string, unknown>;
      timeline: { messageId: string }[];
      cursor: string | null;
    }
    const ann = (await ask(worker, all, `/v1/users/ann?${range}`)).json() as User;
    expect(ann.user).toBe("ann");
    expect(ann.anonymousIds).toEqual(["dev-1"]);
    expect(ann.timeline.map(({ messageId }) => messageId)).toEqual(["v2", "i2", "o2", "o1", "i1", "v1"]);
    expect(ann.profile).toMatchObject({
      events: 6,
      firstSeen: hour(1),
      lastSeen: hour(51),
      revenue: { EUR: "10.000000" },
      names: { identify: 2, page: 2, "Order Completed": 1, "Order Refunded": 1 },
    });
    expect(JSON.stringify(ann.profile["traits"])).toBe('{"__proto__":1,"city":"Köln","plan":"pro"}');
    const device = (await ask(worker, all, `/v1/users/dev-1?${range}`)).json() as User;
    expect([device.user, device.timeline]).toEqual(["ann", ann.timeline]);
    const bob = (await ask(worker, all, `/v1/users/bob?${range}`)).json() as User;
    expect([bob.timeline.map(({ messageId }) => messageId), bob.anonymousIds]).toEqual([["i3"], []]);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: User = (
        await ask(worker, all, `/v1/users/ann?${range}&limit=2${cursor === null ? "" : `&cursor=${cursor}`}`)
      ).json() as User;
      seen.push(...page.timeline.map(({ messageId }) => messageId));
      cursor = page.cursor;
    } while (cursor !== null);
    expect(seen).toEqual(["v2", "i2", "o2", "o1", "i1", "v1"]);
    expect((await ask(worker, all, `/v1/users/nobody?${range}`)).status).toBe(404);
    expect((await ask(worker, all, `/v1/users/${"x".repeat(513)}?${range}`)).status).toBe(400);
  }, 60_000);

  test("A192: ids that aliases join are one user, asked by any of them, represented by the one whose first event is earliest", async () => {
    const answers = ["cleo", "old-cleo", "older-cleo", "dev-9"].map(async (id) => {
      return (await ask(worker, all, `/v1/users/${id}?${range}`)).json();
    });
    const [cleo, ...others] = (await Promise.all(answers)) as { user: string; timeline: { messageId: string }[] }[];
    expect(cleo).toMatchObject({
      user: "old-cleo",
      ids: ["cleo", "old-cleo", "older-cleo"],
      anonymousIds: ["dev-9"],
      profile: { events: 6, firstSeen: hour(10), lastSeen: hour(60) },
    });
    expect(cleo?.timeline.map(({ messageId }) => messageId)).toEqual(["c5", "c6", "c4", "c3", "c2", "c1"]);
    expect(others).toEqual([cleo, cleo, cleo]);
    const dora = (await ask(worker, all, `/v1/users/dora?${range}`)).json();
    expect(dora).toMatchObject({ user: "dora", ids: ["dora"], anonymousIds: [], profile: { events: 2 } });
  }, 60_000);

  test("A115: an export holds every row of its hours exactly once, page by page; NDJSON as stored, Parquet byte for byte", async () => {
    const pages: string[] = [];
    let path: string | null = `/v1/export?${range}&format=parquet`;
    while (path !== null) {
      const reply = await ask(worker, all, path);
      expect(reply.status, reply.text.slice(0, 200)).toBe(200);
      pages.push(reply.text.slice(0, 4));
      path = /^<(.*)>; rel="next"$/.exec(reply.headers.get("link") ?? "")?.[1] ?? null;
    }
    const files = (await worker.lake.list({ prefix: "events/" })).objects;
    expect(pages).toEqual(files.map(() => "PAR1"));
    const lines = (await ask(worker, all, `/v1/export?${range}`)).text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.length).toBe(rows.length);
    const byId = new Map(lines.map((line) => [line["message_id"], line]));
    for (const row of rows) {
      const line = byId.get(row.message_id);
      expect(line?.["time"]).toBe(new Date(row.time).toISOString());
      expect(line?.["revenue"]).toBe(row.revenue);
      expect(line?.["properties"]).toEqual(row.properties === null ? null : JSON.parse(row.properties));
    }
    const some = (await ask(worker, all, `/v1/export?${range}&columns=event,message_id`)).text.split("\n", 1)[0] ?? "";
    expect(Object.keys(JSON.parse(some) as object)).toEqual(["event", "message_id"]);
  }, 60_000);

  test("A116: CSV is RFC 4180 and safe against formulas: texts that a spreadsheet would run get an apostrophe, numbers do not", async () => {
    const text = (
      await ask(worker, all, `/v1/export?${range}&format=csv&columns=message_id,event,revenue,properties,time`)
    ).text;
    expect(text.startsWith("message_id,event,revenue,properties,time\r\n")).toBe(true);
    expect(text).toContain(`,"{""title"":""+1, \\""quoted\\""\\nline""}",`);
    expect(text).toContain(",-3.000000,");
    const { csvLine } = await import("./export-text.ts");
    const column = [{ name: "t", type: "string", nullable: true, about: "" }] as const;
    for (const start of [
      "=cmd|' /C calc'!A0",
      "+1",
      "-1",
      "@SUM(A1)",
      "\t1",
      "\r1",
      "  =1",
      "\n1",
      "＝1",
      "\u0000=1",
      "\ufeff=1",
      "\u2060=1",
    ]) {
      expect(csvLine(column, { t: start }), JSON.stringify(start)).toBe(`"'${start}"\r\n`);
    }
    expect(csvLine(column, { t: 'a "b", c' })).toBe('"a ""b"", c"\r\n');
    expect([csvLine(column, { t: null }), csvLine(column, { t: "" }), csvLine(column, { t: "Ünï 😀" })]).toEqual([
      "\r\n",
      '""\r\n',
      "Ünï 😀\r\n",
    ]);
  });

  test("A221: where semicolons divide cells, no part of a text becomes a formula either; the JSON of a column stays JSON", async () => {
    const { csvLine } = await import("./export-text.ts");
    const column = [{ name: "t", type: "string", nullable: true, about: "" }] as const;
    for (const [text, safe] of [
      ["a;=cmd|' /C calc'!A0;b", "a;'=cmd|' /C calc'!A0;b"],
      ["a; \u200e@SUM(1)", "a;' \u200e@SUM(1)"],
      ["a\r\n=1\n-2\r+3", "a\r\n'=1\n'-2\r'+3"],
      ["\n=1", "'\n'=1"],
      ["a\t=1", "a\t'=1"],
    ] as const) {
      expect(csvLine(column, { t: text }), JSON.stringify(text)).toBe(`"${safe}"\r\n`);
    }
    for (const text of ["text/html;q=0.9", "a; b=c", "a - b"]) {
      expect(csvLine(column, { t: text }), text).toBe(`${text}\r\n`);
    }
    const tabs = "\t ".repeat(500_000);
    expect(csvLine(column, { t: tabs })).toBe(`"'${tabs}"\r\n`); // in time that grows with its length only
    const json = [{ ...column[0], type: "json" }] as const;
    const cell = csvLine(json, { t: JSON.stringify({ a: "x;=1", b: "\t=1" }) });
    expect(JSON.parse(cell.trim().slice(1, -1).replaceAll('""', '"'))).toEqual({ a: "x;'=1", b: "\t=1" });
  });

  test("A117: cursors are harmless: forged, foreign and broken ones are refused or begin elsewhere in the caller's own list", async () => {
    const forge = (position: unknown): string => Buffer.from(JSON.stringify(position)).toString("base64url");
    const foreign = forge(["events/project=other/dt=2026-03-01/hour=00/part-00000-0000.parquet"]);
    const outside = forge(["events/project=shop/dt=2027-03-01/hour=00/part-00000-0000.parquet"]);
    const climbing = forge(["events/project=shop/../project=other/dt=2026-03-01/hour=00/part-00000-0000.parquet"]);
    for (const cursor of [
      foreign,
      outside,
      climbing,
      forge(["registry/snapshot.json"]),
      forge([1]),
      "%00",
      "x".repeat(5_000),
      "",
    ]) {
      const reply = await ask(worker, all, `/v1/export?${range}&cursor=${cursor}`);
      expect(reply.json(), cursor.slice(0, 80)).toMatchObject({ status: 400, parameter: "cursor" });
    }
    for (const cursor of [forge(["a"]), forge({}), forge([1, 2]), "!!"]) {
      for (const path of ["/v1/events", "/v1/users/ann"]) {
        expect((await ask(worker, all, `${path}?${range}&cursor=${cursor}`)).json()).toMatchObject({
          parameter: "cursor",
        });
      }
    }
    const far = (await ask(worker, all, `/v1/events?${range}&cursor=${forge(["zzz", ""])}`)).json();
    expect(far).toMatchObject({ events: [], cursor: null });
  });

  test("A118: refusals of lists name the parameter and its limit", async () => {
    for (const [path, parameter] of [
      ["/v1/events?limit=501", "limit"],
      ["/v1/events?limit=-1", "limit"],
      ["/v1/events?from=2026-01-01&to=2026-12-01", "to"],
      ["/v1/events?event=", "event"],
      ["/v1/events?regex=.*", "regex"],
      ["/v1/users/ann?limit=1e3", "limit"],
      [`/v1/export?${range}&format=xlsx`, "format"],
      [`/v1/export?${range}&dataset=registry`, "dataset"],
      [`/v1/export?${range}&columns=constructor`, "columns"],
      [`/v1/export?${range}&columns=event&format=parquet`, "columns"],
      ["/v1/export", "from"],
      [`/v1/export?${range}&from=2026-03-01`, "from"],
    ] as const) {
      const reply = await ask(worker, all, path);
      expect(reply.json(), path).toMatchObject({ status: 400, parameter });
      expect(reply.headers.get("content-type")).toBe("application/problem+json");
    }
  });
});
