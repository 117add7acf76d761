import fc from "fast-check";
import { expect, test } from "vitest";
import { randomOf, shuffled } from "../testing/rows.ts";
import { NameCounts, namesBytesMax, namesKeptMax } from "./name-counts.ts";
import { sumSlots } from "./slot-counts.ts";

const alphabet = Array.from({ length: 20 }, (_, index) => `name ${index}`);

test("A23: with more names than a row keeps, those kept are counted exactly and are the same in any order", () => {
  const names = fc.array(fc.constantFrom(...alphabet), { maxLength: 200 });
  fc.assert(
    fc.property(names, fc.nat(), fc.integer({ min: 1, max: 6 }), (events, seed, kept) => {
      const count = (order: readonly string[]) => {
        const counts = new NameCounts(kept);
        for (const name of order) counts.add("track", name, name.length % 96);
        return counts.result();
      };
      const result = count(events);
      expect(result.names.length).toBe(Math.min(kept, new Set(events).size));
      for (const entry of result.names)
        expect(sumSlots(entry.slots)).toBe(events.filter((name) => name === entry.name).length);
      const listed = result.names.reduce((sum, entry) => sum + sumSlots(entry.slots), 0);
      expect(listed + sumSlots(result.others)).toBe(events.length);
      expect(count(shuffled(events, randomOf(seed)))).toEqual(result);
    }),
  );
});

test("A23: a stranger's endless names cannot make a row too large to store", () => {
  const counts = new NameCounts();
  for (let i = 0; i < 3 * namesKeptMax; i++) {
    for (let quarter = 0; quarter < 96; quarter += 7) counts.add("track", "\u0001".repeat(500) + String(i), quarter);
  }
  const { names, others } = counts.result();
  const text = JSON.stringify({ names: names.map((entry) => [entry.type, entry.name, entry.slots]), others });
  expect(names.length).toBeGreaterThan(100);
  expect(Buffer.byteLength(text)).toBeLessThan(namesBytesMax + 1_000);
  expect(names.length * 14 + sumSlots(others)).toBe(3 * namesKeptMax * 14);
});
