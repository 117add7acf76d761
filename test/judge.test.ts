import { ulid } from "ulid";
import type { Json, JsonObject } from "@sluice/schema";
import { snippet } from "@sluice/web";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { invalidFrom } from "../tools/demo/invalid.ts";
import type { LakeSql, SqlRow } from "./duckdb.ts";
import { type BrowserVisit, visitInChromium } from "./judge/browser-visit.ts";
import { type Call, callsOf, firstDay } from "./judge/calls.ts";
import { skipsBrowser } from "./judge/chromium.ts";
import { type Driver, driveNode, driveRudder, driveSegment } from "./judge/drivers.ts";
import { answered, type Counted, countedByDefinition, countedIndependently, judgedMetrics } from "./judge/recount.ts";
import type { Proxy } from "./judge/proxy.ts";
import { comparableRow, expectedRow, markOfRow, rowOfCall } from "./judge/row.ts";
import { eventsOnWire, rejectionOf, type WireEvent } from "./judge/wire.ts";
import { startWorld, type World } from "./judge/world.ts";

/*
 * The judge: real SDKs, a real browser, a network that sends every request three times, and DuckDB as the witness of what
 * is in the lake. Everything is sent once, in beforeAll; the tests ask what became of it.
 */
const nowMs = Date.now();
const dayMs = 86_400_000;
const withBrowser = !skipsBrowser();
const serverSdks: Readonly<Record<string, Driver>> = { node: driveNode, segment: driveSegment, rudder: driveRudder };

let world: World;
let proxy: Proxy;
let lake: LakeSql;
let visit: BrowserVisit | null = null;
const calls = new Map<string, readonly Call[]>();
let wire: WireEvent[] = [];
let rows: SqlRow[] = [];

beforeAll(async () => {
  world = await startWorld();
  proxy = await world.network(() => "twice");
  for (const [sdk, drive] of Object.entries(serverSdks)) {
    calls.set(sdk, callsOf(sdk, nowMs));
    await drive(calls.get(sdk) ?? [], proxy.url, await world.key(sdk, "server"));
  }
  await sendBroken(await world.key("broken", "server"));
  if (withBrowser) {
    visit = await visitInChromium(
      snippet({ host: proxy.url, writeKey: world.pipeline.local.writeKey }),
      proxy.requests,
    );
  }
  // The first copies are in the lake by now; the replay finds a log whose rows were published, and files that would grow.
  await world.settle();
  await proxy.replay();
  lake = await world.settle();
  wire = eventsOnWire(proxy.requests);
  rows = await lake.rows("SELECT *, epoch_ms(time) AS at FROM events");
}, 180_000);

afterAll(async () => {
  await world?.close();
});

/** Broken events of every reason in one batch with good ones, and alone on a path of their own. */
async function sendBroken(key: string): Promise<void> {
  const headers = { "content-type": "application/json", authorization: `Basic ${btoa(`${key}:`)}` };
  const good = (mark: string): Json => ({
    ...{ type: "track", event: "Neighbour", messageId: ulid(), timestamp: new Date(nowMs - dayMs).toISOString() },
    ...{ userId: "everywhere", properties: { mark }, context: {} },
  });
  const batch: unknown[] = [];
  for (let number = 0; number < 11; number++) {
    const broken = invalidFrom(good(`bad-${number}`) as never, number, ulid());
    batch.push(good(`good-${number}`), broken.raw);
  }
  const requests: [string, unknown][] = [
    ["/v1/batch", { batch, sentAt: new Date().toISOString() }],
    ["/v1/track", { userId: "everywhere", properties: { mark: "bad-alone" } }],
  ];
  for (const [path, body] of requests) {
    const response = await fetch(proxy.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    expect(response.status).toBe(200);
  }
}

const isTaken = (each: WireEvent): boolean => rejectionOf(each, 0) === null;

describe("the network", () => {
  test("J1: repeated every request at once and again later, byte for byte; every repetition was answered with 200", () => {
    const posts = proxy.requests.filter((request) => request.method === "POST");
    expect(posts.length).toBeGreaterThan(8);
    for (const post of posts) expect(post.statuses).toEqual([200, 200, 200]);
    for (const each of wire) {
      for (const answer of [1, 2]) expect(rejectionOf(each, answer)).toBe(rejectionOf(each, 0));
    }
  });

  test.skipIf(!withBrowser)("J2: saw no preflight from the browser", () => {
    expect(proxy.requests.filter((request) => request.method === "OPTIONS")).toEqual([]);
    const fromBrowser = proxy.requests.filter(
      (request) => request.headers["sec-fetch-site"] !== undefined && request.headers["user-agent"]?.includes("Chrome"),
    );
    expect(new Set(fromBrowser.map(({ method, path }) => `${method} ${path}`))).toEqual(
      new Set(["GET /sluice.js", "POST /v1/batch"]),
    );
  });
});

describe("the lake", () => {
  test("J3: holds every accepted event exactly once and nothing else", () => {
    const sent = wire.filter(isTaken).map(({ event }) => (event as JsonObject)["messageId"]);
    expect(new Set(sent).size).toBe(sent.length);
    expect(rows.map((row) => row["message_id"]).sort()).toEqual([...sent].sort());
  });

  test("J4: holds each event with the fields that its SDK sent", () => {
    const byId = new Map(rows.map((row) => [row["message_id"], row]));
    for (const each of wire.filter(isTaken)) {
      const row = byId.get((each.event as JsonObject)["messageId"] as string) ?? {};
      expect(comparableRow(row), JSON.stringify(each.event)).toMatchObject({
        ...expectedRow(each),
        project: world.pipeline.local.project,
      });
    }
  });

  test.each(Object.keys(serverSdks))("J5: holds every call made to the %s SDK, as it was made", (sdk) => {
    const made = calls.get(sdk) ?? [];
    expect(made.length).toBeGreaterThan(15);
    for (const call of made) {
      const found = rows.filter((row) => markOfRow(row) === call.mark);
      expect(found.length, call.mark).toBe(1);
      const [row = {}] = found;
      expect(comparableRow(row)).toMatchObject({ ...rowOfCall(call), source: sdk, key_kind: "server" });
    }
  });

  test.skipIf(!withBrowser)(
    "J6: holds what the browser did, the calls before the script and at its leaving included",
    () => {
      const own = rows.filter((row) => row["key_kind"] === "public");
      expect(
        own
          .map(markOfRow)
          .filter((mark) => mark !== null)
          .sort(),
      ).toEqual([...(visit?.marks ?? [])].sort());
      const pages = own.filter((row) => row["type"] === "page");
      expect(pages.map((row) => row["page_path"]).sort()).toEqual(visit?.paths);
      expect(pages[0]).toMatchObject({ page_title: "Tea & Co", source: "web", sdk_name: "@sluice/web" });
      expect(own.filter((row) => row["campaign_name"] === "spring").length).toBeGreaterThan(0);
      expect(new Set(own.map((row) => row["anonymous_id"]))).toEqual(new Set([visit?.anonymousId]));
      const order = own.find((row) => markOfRow(row) === "web-3");
      expect(order).toMatchObject({ user_id: visit?.userId, revenue: "29.900001", currency: "EUR" });
      const first = own.find((row) => markOfRow(row) === "web-1");
      expect(first?.["user_id"]).toBe(null);
      expect(new Set(own.filter((row) => row["page_path"] === "/first").map((row) => row["session_id"])).size).toBe(1);
      for (const row of own) expect(Math.abs(Number(row["at"]) - nowMs)).toBeLessThan(180_000);
    },
  );

  test("J7: keeps every rejected event with its reason, once for each request that brought it", async () => {
    const rejected = await lake.rows("SELECT reason, raw, receipt_id, receipt_index, source FROM rejected");
    const expected = wire.flatMap((each) => [0, 1, 2].flatMap((answer) => rejectionOf(each, answer) ?? []));
    expect(new Set(expected).size).toBe(11);
    expect(rejected.map((row) => row["reason"]).sort()).toEqual([...expected].sort());
    expect(new Set(rejected.map((row) => `${String(row["receipt_id"])} ${String(row["receipt_index"])}`)).size).toBe(
      rejected.length,
    );
    const alone = rejected.filter((row) => String(row["raw"]).includes("bad-alone"));
    expect(alone.map(({ reason, source }) => ({ reason, source }))).toEqual(
      Array(3).fill({ reason: "missing_event_name", source: "broken" }),
    );
    expect(rows.filter((row) => String(markOfRow(row)).startsWith("bad-"))).toEqual([]);
    expect(rows.filter((row) => String(markOfRow(row)).startsWith("good-")).length).toBe(11);
  });
});

describe("the numbers", () => {
  const from = new Date(nowMs + (firstDay - 1) * dayMs).toISOString().slice(0, 10);
  const to = new Date(nowMs + 2 * dayMs).toISOString().slice(0, 10);
  let before: Counted;

  test("J8: of the query API equal DuckDB's recounts of the lake, for every metric, day and currency", async () => {
    before = answered(await world.kpis(from, to, judgedMetrics));
    for (const metric of judgedMetrics) expect(Object.keys(before[metric] ?? {}), metric).not.toEqual([]);
    expect(before).toEqual(await countedByDefinition(lake));
    expect(before).toEqual(await countedIndependently(lake));
  });

  test("J8: are what the calls say: known days have known values", () => {
    const eighth = new Date(nowMs - 8 * dayMs).toISOString().slice(0, 10);
    // Per SDK 1234583.481234 EUR from five orders and 5 without a currency; bob in USD; "everywhere" is one person.
    expect(before["revenue"]?.[eighth]).toBe("EUR 3703765.443702, USD 59.970003");
    expect(before["orders"]?.[eighth]).toBe("21");
    // everywhere; one bob per SDK, whom nobody identified; zoe per SDK, first of the two who logged in on the tablet.
    expect(before["dau"]?.[eighth]).toBe("7");
  });

  test("J9: follow late events into days already counted, and only there", async () => {
    const key = await world.key("late", "server");
    const at = (day: number): number => Math.floor(nowMs / dayMs) * dayMs + day * dayMs + 3_600_000;
    const base = { name: null, groupId: null, traits: null };
    const late: Call[] = [
      {
        ...{ ...base, mark: "late-0", type: "track", event: "Order Completed", userId: "late-eve", anonymousId: null },
        ...{ properties: { mark: "late-0", revenue: "0.000001", currency: "EUR" }, timeMs: at(-8) },
      },
      {
        ...{ ...base, mark: "late-1", type: "identify", event: null, userId: "late-bob", anonymousId: "node-bob" },
        ...{ properties: null, traits: { mark: "late-1" }, timeMs: at(-3) },
      },
      {
        ...{ ...base, mark: "late-2", type: "track", event: "Product Viewed", userId: "late-bob", anonymousId: null },
        ...{ properties: { mark: "late-2" }, timeMs: at(-8) },
      },
    ];
    await driveNode(late, proxy.url, key);
    const again = await world.settle();
    const after = answered(await world.kpis(from, to, judgedMetrics));
    expect(after).toEqual(await countedByDefinition(again));
    expect(after).toEqual(await countedIndependently(again));
    const eighth = new Date(nowMs - 8 * dayMs).toISOString().slice(0, 10);
    const third = new Date(nowMs - 3 * dayMs).toISOString().slice(0, 10);
    expect(after["revenue"]?.[eighth]).toBe("EUR 3703765.443703, USD 59.970003");
    // Eve is new; node-bob is late-bob now, who was there with his own id as well.
    expect(after["dau"]?.[eighth]).toBe("8");
    const daysOf = (counted: Counted, metric: string): Record<string, string> => ({
      ...counted[metric],
      [eighth]: "",
      [third]: "",
    });
    for (const metric of judgedMetrics) expect(daysOf(after, metric)).toEqual(daysOf(before, metric));
  });
});
