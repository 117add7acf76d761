import { hourMs } from "@sluice/schema";
import type { ColdPage } from "../src/log/cold-ids.ts";
import { coolablePages, type CoolPolicy, packColdObject } from "../src/log/cold-object.ts";
import { FilterBudget } from "../src/log/filter-budget.ts";
import { firstPlaceOf } from "../src/log/seen-entries.ts";
import { SeenIndex } from "../src/log/seen-index.ts";
import { MemoryPages } from "./memory-pages.ts";

const dayMs = 24 * hourMs;

/** Steady traffic of one log. */
export interface ColdTraffic {
  readonly days: number;
  readonly idsPerDay: number;
  /** Ids that an object takes at least. */
  readonly coolIds: number;
}

/** How many pages in the bucket may hold an id of an age, each asked by its filter. */
export interface Spanning {
  readonly ageDays: number;
  readonly mean: number;
  readonly most: number;
}

/** What lies in the bucket after so many days. */
export interface ColdYear {
  readonly objects: number;
  readonly pages: number;
  readonly spanning: readonly Spanning[];
}

/**
 * Lets a log live for many days, with the code that folds, chooses and packs pages: 97 % of its ids are born on the day
 * on which they come, 2 % on one of the seven days before, 0.9 % within 30 days, and 0.1 % on any day so far.
 */
export function coldYear({ days, idsPerDay, coolIds }: ColdTraffic, ages: readonly number[]): ColdYear {
  const store = new MemoryPages();
  const index = new SeenIndex(store, new FilterBudget(1e9), null);
  const next = numbers();
  const policy: CoolPolicy = { coolMs: dayMs, coolIds };
  const cold: ColdPage[] = [];
  let objects = 0;
  for (let day = 0; day < days; day++) {
    for (let i = 0; i < idsPerDay; i++) index.addLive(bornMs(day, next), hashOf(next));
    const nowMs = (day + 1) * dayMs;
    index.fold(day, nowMs)();
    for (;;) {
      const pages = coolablePages(index.pages, nowMs, policy);
      if (pages.length === 0) break;
      const packed = packColdObject(objects++, pages, (place) => store.entries(place));
      cold.push(...packed.pages.map((page) => page.cold));
      for (const page of pages) store.rows.delete(page.place);
      index.removePages(new Set(pages));
    }
  }
  return { objects, pages: cold.length, spanning: ages.map((ageDays) => spanningAt(cold, days - ageDays, ageDays)) };
}

/** Looks at each hour of a day. */
function spanningAt(cold: readonly ColdPage[], day: number, ageDays: number): Spanning {
  const counts = Array.from({ length: 24 }, (_, hour) => {
    const place = firstPlaceOf(day * dayMs + hour * hourMs) + 2 ** 20;
    return cold.filter(({ first, last }) => first <= place && place <= last).length;
  });
  return { ageDays, mean: counts.reduce((sum, count) => sum + count, 0) / counts.length, most: Math.max(...counts) };
}

function bornMs(day: number, next: () => number): number {
  const drawn = next() / 2 ** 32;
  const within = drawn < 0.97 ? 0 : drawn < 0.99 ? 7 : drawn < 0.999 ? 30 : day;
  const daysAgo = Math.min(day, Math.floor((next() / 2 ** 32) * (within + 1)));
  return (day - daysAgo) * dayMs + (next() % 24) * hourMs;
}

function hashOf(next: () => number): Uint8Array {
  return new Uint8Array(Uint32Array.of(next(), next(), next(), next()).buffer);
}

/** Numbers of 32 bits, the same for each run (splitmix32). */
function numbers(): () => number {
  let state = 1;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
}
