import { expect, test } from "vitest";
import { dayMs } from "./day.ts";
import type { KpiQuestion } from "./kpi-params.ts";
import { numberPlan } from "./number-sources.ts";
import { LocalDays } from "./time-zone.ts";

const from = Date.UTC(2026, 2, 2);
const question: KpiQuestion = {
  metrics: ["events", "dau"],
  fromDay: from / dayMs,
  toDay: from / dayMs + 7,
  interval: "day",
  timezone: "Asia/Kolkata",
  breakdown: null,
  compare: null,
  includesBots: false,
  conversion: "Order Completed",
  project: null,
};

function plan(more: Partial<KpiQuestion>, timezone = "Asia/Kolkata", hasTrail = true) {
  const asked = { ...question, ...more };
  return numberPlan(asked, { timezone, hasTrail }, new LocalDays(asked.timezone));
}

test("A67: in the project's own zone users come from rows; in others, by group and with bots from the marts", () => {
  const own = plan({});
  expect(own.count).toBeNull();
  expect(own.families).toContain("users@Asia/Kolkata");
  expect([own.fromMs, own.toMs]).toEqual([from - dayMs, from + 6 * dayMs]);
  const other = plan({}, "UTC");
  expect(other.count).toEqual({ fromMs: from - dayMs, toMs: from + 6 * dayMs, prefixes: ["all", "paid="] });
  expect(other.families).toEqual(["counts", "money"]);
  expect(plan({ includesBots: true }).count).not.toBeNull();
  expect(plan({ breakdown: "country" })).toMatchObject({ count: { prefixes: ["all", "paid=", "country="] } });
  expect(plan({ breakdown: "event", metrics: ["events"] })).toMatchObject({ count: null });
  expect(plan({ metrics: ["events"] }, "UTC").count).toBeNull();
});

test("A67: a count reaches back 30 days for weekly and monthly users, and to the first day for returning ones", () => {
  const countFrom = (more: Partial<KpiQuestion>) => plan(more, "UTC").count?.fromMs;
  expect(countFrom({ metrics: ["mau"] })).toBe(from - 31 * dayMs);
  expect(countFrom({ metrics: ["mau"], compare: "week" })).toBe(from - 38 * dayMs);
  expect(countFrom({ metrics: ["new_users"] })).toBeNull();
  expect(countFrom({ metrics: ["active_users"], interval: "week", compare: "previous" })).toBe(from - 8 * dayMs);
  // Before the first count of weekly users there are no rows of them, which is not the same as nobody.
  expect(plan({ metrics: ["wau"] }, "Asia/Kolkata", false).count).not.toBeNull();
  expect(plan({ metrics: ["dau"] }, "Asia/Kolkata", false).count).toBeNull();
});
