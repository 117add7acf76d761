import { describe, expect, test } from "vitest";
import { graceMs } from "./day.ts";
import { kpiAnswer } from "./kpi-answer.ts";
import { type MetricName, metricNames, metrics } from "./metrics.ts";
import { type DayRollup, rollupsByDay } from "./rollup-body.ts";

const fromMs = Date.UTC(2026, 0, 1);
const toMs = fromMs + 2 * 86_400_000;

function answer(names: readonly MetricName[], rollups: ReadonlyMap<string, DayRollup>, asOfMs = toMs) {
  const question = { metrics: names, fromMs, toMs, project: null };
  return kpiAnswer(question, { project: "shop", currency: "EUR", asOfMs, isLive: false }, rollups);
}

describe("answers", () => {
  test("A26: an event without currency counts in the project's default; refunds lower revenue, not order value", () => {
    const currency = (name: string, orderRevenue: string, refundRevenue: string) => {
      return { currency: name, orders: 1, orderRevenue, refunds: 1, refundRevenue };
    };
    const money = { currencies: [currency("", "10.000000", "1.500000"), currency("EUR", "5.000001", "0.000000")] };
    const { metrics: values } = answer(
      ["revenue", "aov"],
      new Map([["2026-01-01", { counts: null, users: null, money }]]),
    );
    expect(values["revenue"]?.buckets.map((bucket) => bucket.value)).toEqual([{ EUR: "13.500001" }, {}]);
    const aov = { EUR: { numerator: "15.000001", denominator: 2, value: "7.500000" } };
    expect(values["aov"]?.buckets.map((bucket) => bucket.value)).toEqual([aov, {}]);
    expect(values["aov"]).toMatchObject({ version: 1, unit: "money ratio" });
  });

  test("A26: a ratio keeps numerator and denominator and has no value over zero", () => {
    const body = {
      rows: 9,
      types: [],
      events: [
        ["Ad Clicked", 1],
        ["Ad Impression", 4],
        ["Promotion Clicked", 2],
      ],
    };
    const rollups = rollupsByDay([{ day: "2026-01-01", family: "counts", body: JSON.stringify(body) }]);
    const { metrics: values } = answer(["ctr", "clicks"], rollups);
    expect(values["clicks"]?.buckets.map((bucket) => bucket.value)).toEqual([3, 0]);
    expect(values["ctr"]?.buckets.map((bucket) => bucket.value)).toEqual([
      { numerator: 3, denominator: 4, value: 0.75 },
      { numerator: 0, denominator: 0, value: null },
    ]);
  });

  test("A18: a day is complete when the numbers are as of two hours after its end, and not before", () => {
    const complete = (asOfMs: number) => {
      return answer(["events"], new Map(), asOfMs).metrics["events"]?.buckets.map((bucket) => bucket.complete);
    };
    expect(complete(toMs + graceMs)).toEqual([true, true]);
    expect(complete(toMs + graceMs - 1)).toEqual([true, false]);
    expect(complete(fromMs)).toEqual([false, false]);
  });

  test("A27: every metric has a name, a version, a unit, a sentence and SQL", () => {
    expect([...metrics.keys()]).toEqual([...metricNames]);
    for (const [name, metric] of metrics) {
      expect(metric).toMatchObject({ name, version: 1 });
      expect(metric.formula).toMatch(/^[A-Z].*\.$/);
      expect(metric.oracleSql).toContain("FROM events");
    }
  });
});
