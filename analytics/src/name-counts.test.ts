import fc from "fast-check";
import { expect, test } from "vitest";
import { randomOf, shuffled } from "../testing/rows.ts";
import { NameCounts, namesKeptMax, namesTextMax } from "./name-counts.ts";

const alphabet = Array.from({ length: 20 }, (_, index) => `name ${index}`);

test("A23: with more names than a row keeps, those kept are counted exactly and are the same in any order", () => {
  const names = fc.array(fc.constantFrom(...alphabet), { maxLength: 200 });
  fc.assert(
    fc.property(names, fc.nat(), fc.integer({ min: 1, max: 6 }), (events, seed, kept) => {
      const count = (order: readonly string[]) => {
        const counts = new NameCounts(kept);
        for (const name of order) counts.add("track", name);
        return counts.result();
      };
      const result = count(events);
      expect(result.names.length).toBe(Math.min(kept, new Set(events).size));
      for (const entry of result.names) expect(entry.count).toBe(events.filter((name) => name === entry.name).length);
      const listed = result.names.reduce((sum, entry) => sum + entry.count, 0);
      expect(listed + result.otherEvents).toBe(events.length);
      expect(count(shuffled(events, randomOf(seed)))).toEqual(result);
    }),
  );
});

test("A23: a stranger's endless names cannot make a row too large to store", () => {
  const counts = new NameCounts();
  for (let i = 0; i < 3 * namesKeptMax; i++) counts.add("track", "\u0001".repeat(500) + String(i));
  const { names, otherEvents } = counts.result();
  const text = JSON.stringify({ names: names.map((entry) => [entry.type, entry.name, entry.count]), otherEvents });
  expect(names.length).toBeGreaterThan(100);
  expect(text.length).toBeLessThan(namesTextMax + 1_000);
  expect(names.length + otherEvents).toBe(3 * namesKeptMax);
});
