import { describe, expect, test } from "vitest";
import type { Coefficients } from "../bench/cost/coefficients.ts";
import { simulateMonth } from "../bench/cost/month.ts";
import { listPrice } from "../bench/cost/prices.ts";
import { deployedSettings } from "../bench/cost/settings.ts";
import { type CpuCosts, usageOf } from "../bench/cost/usage.ts";

/*
 * The goal of docs/cost.md without a measurement: what a step is billed for is as `npm run bench -- cost` recorded it on 2026-11-20; how
 * often it happens in a month is decided by the plans and settings as they are now.
 */
const recorded: Coefficients = {
  queueOperationsPerRequest: 3,
  objectRowsPerAppend: 1,
  objectRowsPerSeal: 2,
  objectRowsPerFold: 43,
  objectRowsPerPut: 3,
  objectRowsReadPerAppend: 2,
  objectRowsReadPerAlarm: 25,
  d1RowsPerRollup: 6,
  d1RowsPerRebuild: 5,
  d1RowsReadPerMinute: 10,
  sizes: { textPerRow: 1357, bytesPerRow: 157 },
};
/** µs. */
const cpu: CpuCosts = { edge: 40, append: 7, publish: 14, rollUp: 6.5, martRow: 3, idleMinute: 10_000 };

describe("a month, with somebody asking for the numbers day and night", () => {
  const dollarsOf = (eventsPerMonth: number): number => {
    const settings = { ...deployedSettings(), isAskedFor: true };
    const activity = simulateMonth(eventsPerMonth, settings, recorded.sizes);
    return listPrice(usageOf(activity, recorded, cpu, settings));
  };

  test("O41: one million events cost less than $0.50", () => {
    expect(dollarsOf(1e6)).toBeLessThan(0.5);
    expect(dollarsOf(1e6)).toBeGreaterThan(0.25); // else something is not counted: requests and queue alone are $0.15
  });

  test.each([30, 100])("O41: %i million cost less than $0.20 a million", (millions) => {
    expect(dollarsOf(millions * 1e6) / millions).toBeLessThan(0.2);
    expect(dollarsOf(millions * 1e6) / millions).toBeGreaterThan(0.15);
  });
});
