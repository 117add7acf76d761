import { expect, test } from "vitest";
import { nextRollupMs, recountsLinkedDays, rollupPaceMs } from "./rollup-pace.ts";

const hour = 3_600_000;
const paceMs = 900_000;

test("A28: a project rests after a roll-up, longer after a large one, an hour at most; without a pace not at all", () => {
  expect(nextRollupMs(1000, 0, paceMs)).toBe(1000 + paceMs);
  expect(nextRollupMs(1000, 4_000_000, paceMs)).toBe(1000 + 2_000_000);
  expect(nextRollupMs(1000, 1e9, paceMs)).toBe(1000 + hour);
  expect(nextRollupMs(1000, 1e9, 0)).toBe(1000);
  expect(rollupPaceMs("900")).toBe(paceMs);
  for (const text of [undefined, "", "0", "-1", "soon", "1e9"]) expect(rollupPaceMs(text)).toBe(0);
});

test("A29: days that only a new link touches are counted once a day; without a pace by every run", () => {
  const midnight = 20_000 * 24 * hour;
  expect(recountsLinkedDays(midnight + hour, midnight, paceMs)).toBe(false);
  expect(recountsLinkedDays(midnight, midnight - 1, paceMs)).toBe(true);
  expect(recountsLinkedDays(midnight + hour, midnight, 0)).toBe(true);
});
