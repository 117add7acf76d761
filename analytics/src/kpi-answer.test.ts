import { describe, expect, test } from "vitest";
import { campaignNumbers } from "./campaign-numbers.ts";
import { dayMs, graceMs } from "./day.ts";
import { EventNumbers } from "./event-numbers.ts";
import { kpiAnswer } from "./kpi-answer.ts";
import type { KpiQuestion } from "./kpi-params.ts";
import { type MetricName, metricNames, metrics } from "./metrics.ts";
import { type DayRollup, emptyDay, rollupsByDay, type StoredRollup } from "./rollup-body.ts";
import { LocalDays } from "./time-zone.ts";
import { storedUsers } from "./user-numbers.ts";

const fromMs = Date.UTC(2026, 0, 1);
const toMs = fromMs + 2 * dayMs;

function answer(
  names: readonly MetricName[],
  rollups: ReadonlyMap<string, DayRollup>,
  {
    asOfMs = toMs,
    trailAsOfMs = toMs,
    users = [],
    ...more
  }: Partial<KpiQuestion> & { asOfMs?: number; trailAsOfMs?: number; users?: readonly StoredRollup[] } = {},
) {
  const question: KpiQuestion = {
    metrics: names,
    fromDay: fromMs / dayMs,
    toDay: toMs / dayMs,
    interval: "day",
    timezone: "UTC",
    breakdown: null,
    compare: null,
    includesBots: false,
    conversion: "Order Completed",
    project: null,
    ...more,
  };
  const events = new EventNumbers([rollups], "EUR");
  return kpiAnswer(
    question,
    { project: "shop", asOfMs, trailAsOfMs },
    {
      events,
      campaigns: campaignNumbers(question, events, [], new Map()),
      users: storedUsers(users, question.timezone),
      local: new LocalDays(question.timezone),
      tzdata: "2026a",
      live: null,
    },
  );
}

function counts(day: string, body: object): StoredRollup {
  return { day, family: "counts", body: JSON.stringify({ rows: 0, types: [], events: [], ...body }) };
}

describe("answers", () => {
  test("A26: an event without currency counts in the project's default; refunds lower revenue, not order value", () => {
    const currency = (name: string, orderRevenue: string, refundRevenue: string) => {
      return {
        currency: name,
        orders: [40, 1],
        orderRevenue: [40, orderRevenue],
        refunds: [41, 1],
        refundRevenue: [41, refundRevenue],
      };
    };
    const money = { currencies: [currency("", "10.000000", "1.500000"), currency("EUR", "5.000001", "0.000000")] };
    const { metrics: values } = answer(["revenue", "aov"], new Map([["2026-01-01", { ...emptyDay, money }]]));
    expect(values["revenue"]?.buckets.map((bucket) => bucket.value)).toEqual([{ EUR: "13.500001" }, {}]);
    const aov = { EUR: { numerator: "15.000001", denominator: 2, value: "7.500000" } };
    expect(values["aov"]?.buckets.map((bucket) => bucket.value)).toEqual([aov, {}]);
    expect(values["aov"]).toMatchObject({ version: 1, unit: "money ratio" });
  });

  test("A26: a ratio keeps numerator and denominator and has no value over zero", () => {
    const events = [
      ["Ad Clicked", [0, 1]],
      ["Ad Impression", [0, 1, 95, 3]],
      ["Promotion Clicked", [95, 2]],
    ];
    const rollups = rollupsByDay([counts("2026-01-01", { events })]);
    const { metrics: values } = answer(["ctr", "clicks"], rollups);
    expect(values["clicks"]?.buckets.map((bucket) => bucket.value)).toEqual([3, 0]);
    expect(values["ctr"]?.buckets.map((bucket) => bucket.value)).toEqual([
      { numerator: 3, denominator: 4, value: 0.75 },
      { numerator: 0, denominator: 0, value: null },
    ]);
  });

  test("A18: a day is complete when the numbers are as of two hours after its end, and not before", () => {
    const complete = (asOfMs: number) => {
      return answer(["events"], new Map(), { asOfMs }).metrics["events"]?.buckets.map((bucket) => bucket.complete);
    };
    expect(complete(toMs + graceMs)).toEqual([true, true]);
    expect(complete(toMs + graceMs - 1)).toEqual([true, false]);
    expect(complete(fromMs)).toEqual([false, false]);
  });

  test("A27: every metric has a name, a version, a unit, a sentence, intervals and SQL", () => {
    expect([...metrics.keys()]).toEqual([...metricNames]);
    for (const [name, metric] of metrics) {
      expect(metric.name).toBe(name);
      expect(metric.version).toBeGreaterThanOrEqual(1);
      expect(metric.formula).toMatch(/^[A-Z].*\.$/);
      expect(metric.intervals).toContain("day");
      expect(metric.oracleSql("Asia/Kolkata", "day")).toMatch(
        /FROM events[^]*Asia\/Kolkata|Asia\/Kolkata[^]*FROM events/,
      );
    }
  });

  test("A56: counts fall into local periods by quarter hour; an hour that a clock shows twice is two buckets", () => {
    const types = [["page", [0, 1, 1, 2, 72, 4, 73, 8, 95, 16]]];
    const rollups = rollupsByDay([counts("2026-01-01", { types }), counts("2026-01-02", { types })]);
    const pages = (timezone: string) =>
      answer(["page_views"], rollups, { timezone }).metrics["page_views"]?.buckets.map((bucket) => bucket.value);
    expect(pages("UTC")).toEqual([31, 31]);
    // Kathmandu's days begin at 18:15 UTC, quarter hour 73.
    expect(pages("Asia/Kathmandu")).toEqual([1 + 2 + 4, 24 + 1 + 2 + 4]);
    const fall = { fromDay: Date.UTC(2026, 9, 25) / dayMs, toDay: Date.UTC(2026, 9, 26) / dayMs };
    const hours = answer(["events"], rollupsByDay([counts("2026-10-25", { types: [["page", [0, 1, 4, 2, 8, 4]]] })]), {
      ...fall,
      interval: "hour",
      timezone: "Europe/Berlin",
    }).metrics["events"]?.buckets;
    expect(hours).toHaveLength(25);
    expect(hours?.slice(2, 5).map(({ start, value }) => [start, value])).toEqual([
      ["2026-10-25T02:00+02:00", 1],
      ["2026-10-25T02:00+01:00", 2],
      ["2026-10-25T03:00+01:00", 4],
    ]);
  });

  test("A57: numbers that reach back over days say themselves as of when they are, and are complete by that", () => {
    const users = [
      { day: "2026-01-01", family: "users@UTC", body: JSON.stringify({ active: 4, paying: [] }) },
      { day: "2026-01-01", family: "trail@UTC", body: JSON.stringify({ mau: 8 }) },
    ];
    const { metrics: values, asOf } = answer(["dau", "stickiness"], new Map(), {
      users,
      asOfMs: toMs + graceMs,
      trailAsOfMs: fromMs,
    });
    expect(values["dau"]?.buckets.map(({ value, complete }) => [value, complete])).toEqual([
      [4, true],
      [0, true],
    ]);
    expect(values["stickiness"]?.buckets[0]).toMatchObject({
      value: { numerator: 4, denominator: 8, value: 0.5 },
      complete: false,
    });
    expect([asOf, values["stickiness"]?.asOf]).toEqual(Array(2).fill(new Date(fromMs).toISOString()));
    expect(answer(["dau"], new Map(), { timezone: "Asia/Kolkata" })).toMatchObject({
      timezone: "Asia/Kolkata",
      tzdata: "2026a",
    });
  });

  test("A58: a bucket is compared with the period before it or with the same day a week before", () => {
    const types = (count: number) => [["track", [0, count]]];
    const money = (sum: string) => ({
      currency: "EUR",
      orders: [0, 1],
      orderRevenue: [0, sum],
      refunds: [],
      refundRevenue: [],
    });
    const rollups = rollupsByDay([
      counts("2025-12-25", { types: types(3) }),
      counts("2025-12-31", { types: types(4) }),
      counts("2026-01-01", { types: types(6) }),
      { day: "2025-12-31", family: "money", body: JSON.stringify({ currencies: [money("2.500000")] }) },
      { day: "2026-01-01", family: "money", body: JSON.stringify({ currencies: [money("2.000000")] }) },
    ]);
    const first = (compare: "previous" | "week", name: MetricName) =>
      answer([name], rollups, { compare }).metrics[name]?.buckets[0]?.previous;
    const ratio = { numerator: 6, denominator: 4, value: 1.5 };
    expect(first("previous", "events")).toEqual({ start: "2025-12-31", value: 4, difference: 2, ratio });
    expect(first("week", "events")).toMatchObject({ start: "2025-12-25", value: 3, difference: 3 });
    expect(first("previous", "revenue")).toEqual({
      start: "2025-12-31",
      value: { EUR: "2.500000" },
      difference: { EUR: "-0.500000" },
    });
  });

  test("A59: events by name list the most frequent, and what was kept under no name as null", () => {
    const names = [...Array.from({ length: 101 }, (_, i) => ["track", `n${i}`, [0, i + 1]]), ["page", "", [0, 7]]];
    const rollups = rollupsByDay([
      { day: "2026-01-01", family: "names", body: JSON.stringify({ names, others: [3, 500] }) },
    ]);
    const { groups, groupsLeftOut } = answer(["events"], rollups, { breakdown: "event" }).metrics["events"] ?? {};
    expect(groups?.slice(0, 2).map(({ group, buckets }) => [group, buckets[0]?.value])).toEqual([
      [null, 500],
      ["n100", 101],
    ]);
    expect([groups?.length, groupsLeftOut]).toEqual([100, 2]);
  });
});
