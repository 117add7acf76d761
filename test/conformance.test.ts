import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copiesReceived, faultyPosts, idsOf, listOf, msUntilNextAttempt, preflights } from "./conformance/delivery.ts";
import { faultNames, isReceived, retryAfterSeconds } from "./conformance/faults.ts";
import { openPage, type Pages, startPages } from "./conformance/pages.ts";
import {
  isBlind,
  nodeSdkNames,
  type Outcome,
  runScenario,
  type Scenario,
  webSdkNames,
} from "./conformance/scenario.ts";
import { aliasOfWebUser, webCalls, webUser } from "./conformance/web-calls.ts";
import { driveSegmentBySettings } from "./conformance/web-drivers.ts";
import type { LakeSql, SqlRow } from "./duckdb.ts";
import type { Call } from "./judge/calls.ts";
import { skipsBrowser } from "./judge/chromium.ts";
import { comparableRow, expectedRow, markOfRow, rowOfCall } from "./judge/row.ts";
import { startWorld, type World } from "./judge/world.ts";

/*
 * Conformance: the SDKs that Segment and RudderStack publish, unchanged, told nothing but our host and key, over networks that
 * refuse requests with 500, refuse them with 429 and Retry-After, or lose the answers to requests that have been accepted.
 * Each SDK meets each network once, all at the same time, with a key of its own; the tests ask what became of it.
 */
const withBrowser = !skipsBrowser();
const sdks = [...nodeSdkNames, ...(withBrowser ? webSdkNames : [])];
const scenarios: readonly Scenario[] = sdks.flatMap((sdk) =>
  faultNames.map((fault) => ({ sdk, fault, source: `${sdk}-${fault.replace(" ", "-")}` })),
);
const bySettings = "segment-web-settings";

let world: World;
let pages: Pages | null = null;
let lake: LakeSql;
let settingsCalls: readonly Call[] = [];
const outcomes = new Map<string, Outcome>();
let rows: SqlRow[] = [];

beforeAll(async () => {
  world = await startWorld();
  if (withBrowser) pages = await startPages();
  const runs = scenarios.map(async (scenario) => {
    outcomes.set(scenario.source, await runScenario(world, scenario, pages));
  });
  await Promise.all([...runs, ...(pages === null ? [] : [runBySettings(pages)])]);
  lake = await world.settle();
  rows = await lake.rows("SELECT *, epoch_ms(time) AS at FROM events");
}, 180_000);

afterAll(async () => {
  await pages?.browser.close();
  await pages?.server.close();
  await world?.close();
});

/** Segment's SDK that knows only where to ask; it talks to the ingest API itself, at the address that it was told. */
async function runBySettings(opened: Pages): Promise<void> {
  settingsCalls = webCalls(bySettings);
  const page = await openPage(opened, "/segment.js");
  const key = await world.key(bySettings, "public");
  await driveSegmentBySettings(page, settingsCalls, world.pipeline.local.ingestUrl, key);
}

function outcomeOf(source: string): Outcome {
  const outcome = outcomes.get(source);
  if (outcome === undefined) throw new Error(`${source} was not run`);
  return outcome;
}

function rowsOf(source: string): SqlRow[] {
  return rows.filter((row) => row["source"] === source);
}

/** An alias carries nothing but ids, so that its type stands for its mark. */
function nameOfRow(row: SqlRow): string | null {
  return row["type"] === "alias" ? "alias" : markOfRow(row);
}

function nameOfCall({ type, mark }: Call): string {
  return type === "alias" ? "alias" : mark;
}

/** What a call must have become. A page's visitor and time are the SDK's own; of its ids, see J14. */
function expectedOf(call: Call, sdk: string): Record<string, unknown> {
  const row = rowOfCall(call);
  if (nodeSdkNames.includes(sdk)) return row;
  const userId = sdk.startsWith("segment") && (call.userId === null || call.type === "alias");
  return {
    ...row,
    anonymous_id: expect.stringMatching(/^[\w-]{36}$/),
    at: expect.any(String),
    ...(userId && { user_id: expect.toBeOneOf([webUser, null]) }),
  };
}

describe("the network", () => {
  test.each(scenarios)("J10: $sdk sends every event until it is answered (fault: $fault)", (scenario) => {
    const { calls, requests, error } = outcomeOf(scenario.source);
    expect(error).toBe(null);
    expect(idsOf(requests).size).toBe(calls.length);
    const faulty = faultyPosts(requests);
    if (scenario.fault === "none") expect(faulty).toEqual([]);
    else expect(faulty.length).toBeGreaterThan(1);
    for (const { path, statuses } of requests.filter(isReceived)) {
      expect(statuses, path).toEqual([expect.toBeOneOf([200, 204])]);
    }
    const next = msUntilNextAttempt(requests);
    if (!isBlind(scenario.sdk)) expect(next).not.toContain(null);
    // The browser keeps the answer to a beacon for itself: the SDK cannot know that it was no 200.
    else if (scenario.fault !== "answer lost") expect(next.filter((ms) => ms !== null)).toEqual([]);
  });
});

describe("the lake", () => {
  test.each(scenarios)(
    "J11: holds every call to $sdk that arrived once, as it was made (fault: $fault)",
    ({ sdk, source }) => {
      const { calls, requests } = outcomeOf(source);
      const found = rowsOf(source);
      const received = copiesReceived(requests);
      // Beacons that were refused are lost, and that nobody knows: the SDK trades delivery for a page that leaves at once.
      if (!isBlind(sdk)) expect(received.size).toBe(calls.length);
      expect(found.map((row) => row["message_id"]).sort()).toEqual([...received.keys()].sort());
      expect(new Set(found.map(nameOfRow)).size).toBe(received.size);
      for (const row of found) {
        const call = calls.find((each) => nameOfCall(each) === nameOfRow(row));
        expect(call, String(nameOfRow(row))).toBeDefined();
        if (call !== undefined) expect(comparableRow(row), call.mark).toMatchObject(expectedOf(call, sdk));
      }
    },
  );

  test("J12: holds nothing else, and of each event the fields of one of its copies", async () => {
    const sources = [...scenarios.map(({ source }) => source), ...(withBrowser ? [bySettings] : [])];
    expect(new Set(rows.map((row) => row["source"]))).toEqual(new Set(sources));
    expect(await lake.rows("SELECT view_name FROM duckdb_views() WHERE view_name = 'rejected'")).toEqual([]);
    let repeated = 0;
    for (const { source } of scenarios) {
      const received = copiesReceived(outcomeOf(source).requests);
      for (const row of rowsOf(source)) {
        const copies = (received.get(String(row["message_id"])) ?? []).map(expectedRow);
        if (copies.length > 1) repeated++;
        const names = Object.keys(copies[0] ?? {});
        const own = comparableRow(row);
        expect(copies).toContainEqual(Object.fromEntries(names.map((name) => [name, own[name]])));
      }
    }
    expect(repeated).toBeGreaterThan(sdks.length);
  });
});

describe("the SDKs", () => {
  /*
   * Three do not wait, each by a fault of its own. RudderStack's web SDK never reads the header and tries again after 2 s.
   * Segment's batching mode reads it too late where an event was queued while the refused request was under way: the flush that
   * this event has set for 5 s later takes the refused batch along. Segment's Node SDK forgets the pause as soon as any
   * other batch is accepted, and sends again at once what is refused in that moment; that hangs on milliseconds, so it
   * is held to nothing here.
   */
  const waiting = sdks.filter((sdk) => ["rudder-node", "segment-web"].includes(sdk));
  const impatient = ["rudder-web-xhr", "rudder-web-batch", "segment-web-batching"];

  test.each(waiting)("J13: %s waits as long as Retry-After says", (sdk) => {
    const gaps = msUntilNextAttempt(outcomeOf(`${sdk}-429`).requests);
    expect(gaps.length).toBeGreaterThan(1);
    for (const ms of gaps) expect(ms).toBeGreaterThanOrEqual(retryAfterSeconds * 1000);
  });

  test.runIf(withBrowser)("J13: RudderStack's web SDK and Segment's batching mode do not wait", () => {
    for (const sdk of impatient) {
      const gaps = msUntilNextAttempt(outcomeOf(`${sdk}-429`).requests).map(Number);
      expect(Math.min(...gaps), sdk).toBeLessThan(retryAfterSeconds * 1000);
    }
  });

  test.runIf(withBrowser)("J14: Segment's page events take the user of the attempt that arrives first", () => {
    const before = (source: string): unknown[] =>
      rowsOf(source).flatMap((row) => (row["event"] === "Product Viewed" ? [row["user_id"]] : []));
    expect(before("segment-web-none")).toEqual([null]);
    // Refused before identify() was called, arrived after it: the SDK fills in the user whenever it sends.
    expect(before("segment-web-429")).toEqual([webUser]);
    expect(before("rudder-web-xhr-429")).toEqual([null]);
  });

  test.runIf(withBrowser)("J14: Segment's alias keeps the old user on both sides", () => {
    const aliases = (source: string): unknown[] =>
      rowsOf(source).flatMap((row) => (row["type"] === "alias" ? [[row["previous_id"], row["user_id"]]] : []));
    expect(aliases("segment-web-none")).toEqual([[webUser, webUser]]);
    expect(aliases("rudder-web-xhr-none")).toEqual([[webUser, aliasOfWebUser]]);
  });

  test.runIf(withBrowser)("J15: every preflight was granted, and pages may read what a refusal says", () => {
    const requests = [...outcomes.values()].flatMap((outcome) => outcome.requests);
    const granted = preflights(requests);
    expect(new Set(granted.map(({ path }) => path.replace(/\?.*/, "")))).toEqual(
      new Set([
        ...["p", "t", "i", "g", "a", "b", "page", "track", "identify", "group", "alias", "batch"].map(
          (n) => `/v1/${n}`,
        ),
        "/sourceConfig/",
      ]),
    );
    for (const { path, status, origin, asked, told } of granted) {
      expect(status, path).toBe(204);
      expect(told).toMatchObject({ origin, maxAge: "7200", credentials: undefined });
      expect(told.vary).toContain("origin");
      expect(told.methods).toContain(asked.method.toLowerCase());
      expect(told.headers).toEqual(expect.arrayContaining(asked.headers));
    }
    expect(granted.some(({ asked }) => asked.headers.includes("x-retry-count"))).toBe(true);
    expect(granted.some(({ asked }) => asked.headers.includes("rsa-retry-attempt"))).toBe(true);
    const answered = requests.filter(({ headers, method }) => method !== "OPTIONS" && headers.origin !== undefined);
    for (const { headers, replyHeaders } of answered) {
      for (const told of replyHeaders) {
        expect(told["access-control-allow-origin"]).toBe(headers.origin);
        expect(listOf(told["access-control-expose-headers"])).toEqual(["retry-after", "x-ratelimit-reset"]);
      }
    }
  });

  test.runIf(withBrowser)("J16: Segment's web SDK sends where the settings tell it to", () => {
    expect(rowsOf(bySettings).map(nameOfRow).sort()).toEqual(settingsCalls.map(nameOfCall).sort());
  });
});
