import fc from "fast-check";
import { expect, test } from "vitest";
import { MemoryPages } from "../../testing/memory-pages.ts";
import { ColdIds, type ColdPage, chooseWindows, windowsOf } from "./cold-ids.ts";
import { coolablePages, packColdObject, unpackWindow } from "./cold-object.ts";
import { FilterBudget } from "./filter-budget.ts";
import { coldWindowPagesMax, seenPageIdsMax } from "./limits.ts";
import { type Entries, entryCount, entryWords, hasEntry, mergeEntries, placeOf, sortEntries } from "./seen-entries.ts";
import { filterOf, mayHold } from "./seen-filter.ts";
import { SeenIndex } from "./seen-index.ts";
import { pageIndexOf, planFold } from "./seen-pages.ts";

const hour = 3_600_000;

/** Entries of made-up hashes in the hours from `hourMin` on. */
function entriesOf(seed: number, count: number, hours: number, hourMin = 2 ** 28): Entries {
  const entries = new Uint32Array(count * entryWords);
  let state = (seed * 2654435761) >>> 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  for (let at = 0; at < entries.length; at += entryWords) {
    entries[at] = hourMin + (next() % hours);
    for (let word = 1; word < entryWords; word++) entries[at + word] = next() || 1;
  }
  return entries;
}

function* each(entries: Entries): Generator<Entries> {
  for (let at = 0; at < entries.length; at += entryWords) yield entries.slice(at, at + entryWords);
}

test("Q46: a filter holds all of its ids, and at most 1.2 % of others", () => {
  for (const count of [1, 7, 8192]) {
    const entries = entriesOf(1, count, 3);
    const filter = filterOf(entries);
    for (const entry of each(entries)) expect(mayHold(filter, entry)).toBe(true);
    expect(filter.byteLength).toBeLessThanOrEqual(Math.max(8, count * 1.25 + 4));
  }
  const filter = filterOf(entriesOf(1, 8192, 3));
  const wrong = [...each(entriesOf(2, 50_000, 3))].filter((entry) => mayHold(filter, entry)).length;
  expect(wrong / 50_000).toBeLessThan(0.012);
});

test("Q46: any folds leave ordered pages that do not overlap, none too large, with every id once", () => {
  const folds = fc.array(fc.tuple(fc.integer(), fc.integer({ min: 1, max: 9000 }), fc.integer({ min: 1, max: 40 })), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(folds, (sizes) => {
      const pages = new Map<number, Entries>();
      let all: Entries = new Uint32Array(0);
      for (const [seed, count, hours] of sizes) {
        const added = sortEntries(entriesOf(seed, count, hours, 2 ** 28 - (seed & 15)));
        const places = [...pages.keys()].sort((a, b) => a - b);
        const load = (place: number): Entries => pages.get(place) ?? new Uint32Array(0);
        for (const { place, entries, replaces } of planFold(places, added, load)) {
          if (replaces !== null) pages.delete(replaces);
          pages.set(place, entries);
        }
        all = mergeEntries(all, mergeEntries(added, added));
      }
      const places = [...pages.keys()].sort((a, b) => a - b);
      const ordered = places.map((place) => pages.get(place) ?? new Uint32Array(0));
      expect(ordered.every((entries) => entries.length > 0 && entryCount(entries) <= seenPageIdsMax)).toBe(true);
      const joined = Uint32Array.from(ordered.flatMap((entries) => [...entries]));
      expect(Buffer.from(joined.buffer).equals(Buffer.from(all.slice().buffer))).toBe(true);
      ordered.forEach((entries, i) => {
        for (const at of [0, entries.length - entryWords]) expect(pageIndexOf(places, placeOf(entries, at))).toBe(i);
      });
    }),
    { numRuns: 25 },
  );
});

test("Q46: an index finds live, folded and cold ids, and no others, also after pages before it went cold", () => {
  const store = new MemoryPages();
  const budget = new FilterBudget(30_000);
  const cold = new ColdIds(() => true);
  const index = new SeenIndex(store, budget, cold);
  const packed = new Uint8Array(entriesOf(5, 20_000, 1).buffer);
  const has = (bucketMs: number, i: number) => index.has(bucketMs, packed, i * 16);
  for (let bucket = 0; bucket < 4; bucket++) {
    index.addLive(bucket * hour, packed.subarray(0, 16 * 10_000));
    index.fold(bucket, bucket)();
  }
  expect(budget.bytes).toBeLessThanOrEqual(30_000);
  const policy = { coolMs: hour, coolIds: 1 };
  const cool = coolablePages(index.pages, 3.5 * hour, policy);
  const object = packColdObject(0, cool, (place) => store.entries(place));
  for (const page of cool) store.rows.delete(page.place);
  index.removePages(new Set(cool));
  cold.add(object.pages.map((page) => page.cold));
  index.addLive(0, packed.subarray(16 * 10_000, 16 * 10_100)); // lies before the first page that is left
  index.fold(9, 9)();
  expect(new Set(index.pages.map((page) => page.place)).size).toBe(index.pages.length);
  expect([has(0, 10_050), has(0, 5), has(3 * hour, 5), has(3 * hour, 15_000)]).toEqual([true, null, true, false]);
  expect(coolablePages(index.pages, 3.5 * hour, { coolMs: hour, coolIds: 1e6 })).toEqual([]);
});

test("Q46: every cold id is found through the windows of its pages, and no other", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 30 }), (seed, count, size) => {
      const all = sortEntries(entriesOf(seed, count * size, 5));
      const pages = Array.from({ length: count }, (_, i) => {
        const entries = all.slice(i * size * entryWords, (i + 1) * size * entryWords);
        const last = placeOf(entries, entries.length - entryWords);
        return { entries, page: { place: i, version: 1, count: size, last, touchedAtMs: 0 } };
      });
      const packed = packColdObject(
        3,
        pages.map(({ page }) => page),
        (place) => pages[place]?.entries ?? new Uint32Array(0),
      );
      const cold = new ColdIds(() => true);
      cold.add(packed.pages.map((page) => page.cold));
      const asked = [...each(all), ...each(entriesOf(seed + 1, 50, 5))];
      const windows = windowsOf(asked.flatMap((entry) => cold.unread(entry)));
      for (const window of windows) {
        expect(window.pages.at(-1)?.index ?? 0).toBeLessThan((window.pages[0]?.index ?? 0) + coldWindowPagesMax + 1);
        const content = packed.content.slice(window.offset, window.offset + window.bytes);
        const entries = unpackWindow(window, content.buffer);
        if (entries === null) throw new Error("a window of another size");
        cold.read(window, entries, asked);
      }
      expect(asked.map((entry) => cold.has(entry))).toEqual(asked.map((entry) => hasEntry(all, entry)));
    }),
    { numRuns: 30 },
  );
});

test("Q45: reads are spent on slices that they complete; one that needs more gets what is left when no other can use it", () => {
  const page = (object: number): ColdPage => ({ object, index: 0, at: 0, count: 1, first: 0, last: 0 });
  const pages = (...objects: number[]): ColdPage[] => objects.map(page);
  const objectsOf = (...slices: ColdPage[][]) => chooseWindows(slices, 3).map((window) => window.object);
  expect(objectsOf(pages(1, 2, 3, 4), pages(5), [], pages(5, 6))).toEqual([5, 6]);
  expect(objectsOf(pages(1, 2, 3, 4))).toHaveLength(3);
  expect(objectsOf([])).toEqual([]);
});
