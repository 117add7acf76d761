import { createHash } from "node:crypto";
import { birthOfMessageId, judgeEvent, type Json, rejectReasons } from "@sluice/schema";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dayMs, type DemoEvent, type DemoPlan, type Delivery, startOf } from "../tools/demo/event.ts";
import { demoOptionsOf } from "../tools/demo/options.ts";
import { differencesOf, kpiTable } from "../tools/demo/report.ts";
import { type DemoResult, runDemo } from "../tools/demo/run.ts";
import { deliveriesOf } from "../tools/demo/traffic.ts";
import { truthOf } from "../tools/demo/truth.ts";
import { readJsonFile, statePaths } from "../tools/local/state-files.ts";
import { startPipeline, type TestPipeline } from "./pipeline.ts";

const plan: DemoPlan = { seed: 12, anchorMs: Date.parse("2026-03-01"), users: 120 };
const stream = [...deliveriesOf(plan)];
const events = stream.flatMap((delivery) => (delivery.kind === "event" ? [delivery.event] : []));

function hashOf(deliveries: Iterable<Delivery>): string {
  const hash = createHash("sha256");
  for (const delivery of deliveries) hash.update(`${JSON.stringify(delivery)}\n`);
  return hash.digest("hex");
}

describe("the demo's stream", () => {
  test("O30: is the same for the same seed, anchor and users, on every machine", () => {
    expect(hashOf(deliveriesOf(plan))).toBe(hashOf(stream));
    expect(hashOf(stream)).toBe("12254ac65b480d2b9c8b9cfa860a87573810c2c2a1c5e3c789870949b9cc7e57");
  });

  test("O30: is another one for another seed, anchor or number of users, without a message id in common", () => {
    const ids = new Set(events.map((event) => event.messageId));
    const others: DemoPlan[] = [
      { ...plan, seed: 13 },
      { ...plan, anchorMs: plan.anchorMs - 365 * dayMs },
    ];
    for (const other of others) {
      for (const delivery of deliveriesOf(other)) {
        if (delivery.kind === "event") expect(ids.has(delivery.event.messageId)).toBe(false);
      }
    }
    expect(hashOf(deliveriesOf({ ...plan, users: 121 }))).not.toBe(hashOf(stream));
  });

  test("O31: lies in the 30 UTC days before the anchor, with ids that are unique and born in event time", () => {
    expect(new Set(events.map((event) => event.messageId)).size).toBe(events.length);
    for (const event of events) {
      const timeMs = Date.parse(event.timestamp);
      expect(timeMs >= startOf(plan) && timeMs < plan.anchorMs).toBe(true);
      expect(birthOfMessageId(event.messageId)).toBe(timeMs);
    }
  });

  test("O31: is sent day by day, so that no more than what is on its way is held", () => {
    const days = stream.map((delivery) => Math.floor(delivery.atMs / dayMs));
    expect(days).toEqual([...days].sort((a, b) => a - b));
  });

  test("O32: has valid events that the edge takes, and invalid ones that it rejects for the reason stated", () => {
    for (const delivery of stream) {
      const raw = delivery.kind === "invalid" ? delivery.raw : delivery.event;
      const verdict = judgeEvent(raw as Json);
      expect(verdict.ok ? "accepted" : verdict.error.reason).toBe(
        delivery.kind === "invalid" ? delivery.reason : "accepted",
      );
    }
  });

  test("O32: holds every ingredient of real traffic", () => {
    const counts = new Map<string, number>();
    for (const event of events) {
      const names = [event.type, event.event ?? "", event.context["app"] === undefined ? "" : "app"];
      if (event.context["channel"] === "server") names.push("server");
      if (event.context["campaign"] !== undefined) names.push("campaign");
      if (JSON.stringify(event.context["page"] ?? "").includes("utm_campaign=")) names.push("utm");
      if (event.userId === undefined) names.push("anonymous");
      for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const wanted = [
      ...["page", "screen", "identify", "app", "server", "campaign", "utm", "anonymous", "Application Opened"],
      ...["Product Viewed", "Product Added", "Checkout Started", "Order Completed", "Order Refunded", "Signed Up"],
      ...["Promotion Viewed", "Promotion Clicked", "Ad Impression", "Ad Clicked", "Campaign Cost"],
    ];
    for (const name of wanted) expect(counts.get(name) ?? 0, name).toBeGreaterThan(0);
    const { totals, days } = truthOf(plan, stream);
    expect(totals.late / totals.events).toBeGreaterThan(0.005);
    expect(totals.duplicates / totals.events).toBeGreaterThan(0.01);
    expect(totals.duplicates / totals.events).toBeLessThan(0.02);
    expect(totals.invalid / totals.events).toBeCloseTo(0.005, 3);
    const reachable = rejectReasons.filter((reason) => reason !== "too_many_keys" && reason !== "origin_not_allowed");
    expect(Object.keys(totals.invalidByReason).sort()).toEqual([...reachable].sort());
    expect(days.some((day) => day.revenue["USD"] !== undefined)).toBe(true);
  });

  test("O32: has the size promised for 2,000 users", () => {
    let sent = 0;
    for (const delivery of deliveriesOf({ ...plan, users: 2000 })) sent += delivery.kind === "event" ? 1 : 0;
    expect(sent).toBeGreaterThan(120_000);
    expect(sent).toBeLessThan(200_000);
  });
});

describe("the demo's truth", () => {
  const truth = truthOf(plan, stream);

  test("O33: counts every distinct valid event once, and every duplicate and broken one", () => {
    const distinct = new Map(
      stream.flatMap((delivery) => (delivery.kind === "invalid" ? [] : [[delivery.event.messageId, delivery.event]])),
    );
    expect(truth.totals.events).toBe(distinct.size);
    expect(truth.totals.sent).toBe(stream.length);
    expect(truth.totals.sent).toBe(truth.totals.events + truth.totals.duplicates + truth.totals.invalid);
    for (const day of truth.days) {
      const own = [...distinct.values()].filter((event) => event.timestamp.startsWith(day.day));
      expect(day.events).toBe(own.length);
      expect(day.pageViews).toBe(own.filter((event) => event.type === "page").length);
      expect(day.orders).toBe(own.filter((event) => event.event === "Order Completed").length);
      expect(day.impressions).toBe(
        own.filter((event) => /^(Promotion Viewed|Ad Impression)$/.test(event.event ?? "")).length,
      );
      expect(day.clicks).toBe(own.filter((event) => /^(Promotion|Ad) Clicked$/.test(event.event ?? "")).length);
    }
  });

  test("O33: has the users of a day as the definition says, found by asking every identify about every event", () => {
    const identifies = events.filter((event) => event.type === "identify");
    for (const day of truth.days) {
      const endMs = Date.parse(day.day) + dayMs + 30 * dayMs;
      const users = new Set<string>();
      for (const event of events.filter((each) => each.timestamp.startsWith(day.day))) {
        if (["track", "page", "screen"].includes(event.type)) users.add(userOf(event, identifies, endMs));
      }
      expect(day.users).toBe(users.size);
    }
  });

  test("O33: differs from simpler counts, so that a pipeline that joins ids in another way cannot pass", () => {
    const inOrder = events
      .filter((event) => event.type === "identify")
      .sort((a, b) => (a.timestamp + a.messageId < b.timestamp + b.messageId ? -1 : 1));
    const latest = new Map(inOrder.map((event) => [event.anonymousId, event.userId]));
    const usersBy = (nameOf: (event: DemoEvent) => string | undefined): number[] =>
      truth.days.map(({ day }) => {
        const active = events.filter((event) => event.timestamp.startsWith(day) && event.type !== "identify");
        return new Set(active.map((event) => event.userId ?? nameOf(event))).size;
      });
    const counted = truth.days.map((day) => day.users);
    expect(usersBy((event) => event.anonymousId)).not.toEqual(counted);
    expect(usersBy((event) => latest.get(event.anonymousId) ?? event.anonymousId)).not.toEqual(counted);
    expect(usersBy(() => "nobody")).not.toEqual(counted);
  });

  test("O34: has revenue as exact decimals per currency, refunds taken off", () => {
    for (const day of truth.days) {
      const own = events.filter((event) => event.timestamp.startsWith(day.day));
      for (const currency of ["EUR", "USD"]) {
        const money = own.filter((event) => currencyOf(event) === currency);
        const sum = money.reduce((left, event) => left + signedMicros(event), 0);
        expect(Math.round(Number(day.revenue[currency] ?? 0) * 1e6)).toBe(sum);
        expect(currency in day.revenue).toBe(money.length > 0);
      }
    }
  });
});

describe("the demo's report", () => {
  const truth = truthOf(plan, stream).days;

  test("O35: finds every number that differs, whatever it is", () => {
    expect(differencesOf(truth, structuredClone(truth))).toEqual([]);
    const [first, second, ...rest] = truth;
    if (first === undefined || second === undefined) throw new Error("a demo without days");
    expect(differencesOf(truth, [second, ...rest])).toMatchObject([{ day: first.day, metric: "day" }]);
    for (const metric of ["events", "users", "pageViews", "orders", "impressions", "clicks"] as const) {
      const wrong = { ...first, [metric]: first[metric] + 1 };
      const texts = { expected: String(first[metric]), answered: String(wrong[metric]) };
      expect(differencesOf(truth, [wrong, second, ...rest])).toEqual([{ day: first.day, metric, ...texts }]);
    }
    const cent = { ...first, revenue: { ...first.revenue, EUR: "0.000001" } };
    expect(differencesOf(truth, [cent, second, ...rest]).map(({ metric }) => metric)).toEqual(["revenue"]);
    const sale = { ...first, sales: { ...first.sales, CHF: { amount: "1.000000", orders: 1 } } };
    expect(differencesOf(truth, [sale, second, ...rest]).map(({ metric }) => metric)).toEqual(["sales"]);
  });

  test("O35: shows the last seven days and the sum of all", () => {
    const lines = kpiTable(truth).split("\n");
    expect(lines.length).toBe(2 + 7 + 1);
    expect(lines[2]).toContain(truth.at(-7)?.day);
    expect(lines.at(-1)).toContain(String(truth.reduce((sum, day) => sum + day.events, 0)));
  });

  test("O36: ends before today unless told otherwise, and refuses what it cannot make", () => {
    const nowMs = Date.parse("2026-05-06T07:08:09Z");
    const usual = demoOptionsOf([], nowMs);
    expect(usual).toEqual({
      ok: true,
      value: { plan: { seed: 1, anchorMs: Date.parse("2026-05-06"), users: 2000 }, stateFolder: null },
    });
    const told = demoOptionsOf(["--seed", "5", "--anchor", "2026-02-28", "--users", "10", "--state", "/x"], nowMs);
    const asked: DemoPlan = { seed: 5, anchorMs: Date.parse("2026-02-28"), users: 10 };
    expect(told).toEqual({ ok: true, value: { plan: asked, stateFolder: "/x" } });
    for (const wrong of ["--anchor 2026-02-30", "--anchor 2026-05-07", "--seed x", "--users 0", "--what", "extra"]) {
      expect(demoOptionsOf(wrong.split(" "), nowMs).ok, wrong).toBe(false);
    }
  });
});

describe("the demo against a running pipeline", () => {
  const small: DemoPlan = { seed: 12, anchorMs: Math.floor(Date.now() / dayMs) * dayMs, users: 100 };
  let pipeline: TestPipeline;
  const printed: string[] = [];

  beforeAll(async () => {
    pipeline = await startPipeline();
  });
  afterAll(async () => {
    await pipeline?.stop();
  });

  async function demo(run: DemoPlan = small): Promise<DemoResult> {
    printed.length = 0;
    const { local, operatorToken, stateDir } = pipeline;
    const silent = { onStep: () => undefined, onSent: () => undefined };
    const print = (text: string): void => void printed.push(text);
    return runDemo({ ...{ plan: run, local, operatorToken, print }, ...silent, paths: statePaths(stateDir) });
  }

  test(
    "O37: ends with numbers that equal the truth it wrote; sent again, it changes none",
    { timeout: 120_000 },
    async () => {
      const first = await demo();
      expect(first.sent.failures).toEqual([]);
      expect(first.answered).toEqual(first.truth.days);
      expect(first.agrees).toBe(true);
      expect(printed.at(-1)).toContain("equal the truth");
      const { totals } = first.truth;
      expect(first.sent).toMatchObject({ sent: totals.sent, accepted: totals.events + totals.duplicates });
      expect(first.sent).toMatchObject({ duplicates: totals.duplicates, rejected: totals.invalid });
      const file = readJsonFile<unknown>(statePaths(pipeline.stateDir).folder + "/demo.json");
      expect(file).toMatchObject({ seed: 12, users: 100, to: new Date(small.anchorMs).toISOString().slice(0, 10) });
      expect(file).toMatchObject({ truth: first.truth });
      const second = await demo();
      expect(second.answered).toEqual(first.answered);
      expect(second.agrees).toBe(true);
    },
  );

  test(
    "O38: says what else the project holds on those days, and is not misled by it",
    { timeout: 120_000 },
    async () => {
      const day = new Date(small.anchorMs - dayMs).toISOString().slice(0, 10);
      const body = JSON.stringify({ event: "Hello", userId: "you", timestamp: `${day}T12:00:00Z` });
      const headers = { authorization: `Basic ${btoa(`${pipeline.local.writeKey}:`)}` };
      expect((await fetch(`${pipeline.local.ingestUrl}/v1/track`, { method: "POST", headers, body })).status).toBe(200);
      const result = await demo();
      expect(result.agrees).toBe(true);
      expect(result.answered.at(-1)?.events).toBe((result.truth.days.at(-1)?.events ?? 0) + 1);
      expect(printed).toContain(`${day}: the project also holds 1 other events (source web).`);
      expect(printed.filter((line) => line.startsWith("DIFFERS"))).toEqual([]);
    },
  );

  test(
    "O38: says that another demo was sent before, and how to send that one again",
    { timeout: 120_000 },
    async () => {
      await demo({ ...small, seed: 4, users: 5 });
      expect(printed[0]).toContain(
        `--seed 12 --anchor ${new Date(small.anchorMs).toISOString().slice(0, 10)} --users 100`,
      );
    },
  );
});

function userOf(event: DemoEvent, identifies: readonly DemoEvent[], endMs: number): string {
  if (event.userId !== undefined) return event.userId;
  const [first] = identifies
    .filter((each) => each.anonymousId === event.anonymousId)
    .sort((a, b) => (a.timestamp + a.messageId < b.timestamp + b.messageId ? -1 : 1));
  const counts = first !== undefined && Date.parse(first.timestamp) < endMs;
  return (counts ? first.userId : event.anonymousId) ?? "";
}

function currencyOf(event: DemoEvent): string | null {
  if (event.event !== "Order Completed" && event.event !== "Order Refunded") return null;
  const currency = event.properties?.["currency"];
  return typeof currency === "string" ? currency.toUpperCase() : "EUR";
}

/** Millionths as a whole number in a double: exact below nine billion units, and so another way than the demo's own. */
function signedMicros(event: DemoEvent): number {
  const micros = Math.round(Number(event.properties?.["revenue"]) * 1e6);
  return event.event === "Order Refunded" ? -micros : micros;
}
