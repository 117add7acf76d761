import { seenPageIdsMax } from "./limits.ts";
import { type Entries, entryCount, entryWords, mergeEntries, placeOf } from "./seen-entries.ts";

/** Share to which pages are filled when one is split, so that not every fold splits them again. */
const splitFill = 0.75;

/** A page as it will be stored. */
export interface PageWrite {
  /** Where it begins: its ids lie from here up to the beginning of the next page. */
  readonly place: number;
  /** In order. */
  readonly entries: Entries;
  /** Beginning of the page that this one takes the place of, or `null` for one that a split adds. */
  readonly replaces: number | null;
}

/**
 * What ordered new ids make of the pages they fall into: each such page merged with its new ids, and split when it is
 * full. One page at a time is in memory.
 *
 * @param places beginnings of all pages, ascending; the first page takes whatever lies before it too.
 * @param load reads the ids of a page.
 */
export function* planFold(
  places: readonly number[],
  added: Entries,
  load: (place: number) => Entries,
): Generator<PageWrite> {
  let at = 0;
  while (at < added.length) {
    const page = pageIndexOf(places, placeOf(added, at));
    const place = places[page] ?? null;
    const end = endOfPage(added, at, places[page + 1] ?? Number.POSITIVE_INFINITY);
    const fresh = added.subarray(at, end);
    yield* splitPage(place, place === null ? fresh : mergeEntries(load(place), fresh));
    at = end;
  }
}

/** Index of the page whose ids include a place; 0 when there is none yet. */
export function pageIndexOf(places: readonly number[], place: number): number {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((places[middle] ?? 0) <= place) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

function endOfPage(added: Entries, start: number, nextPlace: number): number {
  let end = start;
  while (end < added.length && placeOf(added, end) < nextPlace) end += entryWords;
  return end;
}

/** One page, or several of equal size. Ids of one place stay together, since the place says in which page an id is. */
function* splitPage(replaces: number | null, entries: Entries): Generator<PageWrite> {
  const count = entryCount(entries);
  const parts = count <= seenPageIdsMax ? 1 : Math.ceil(count / (seenPageIdsMax * splitFill));
  let start = 0;
  for (let part = 1; part <= parts; part++) {
    let end = Math.round((count * part) / parts) * entryWords;
    while (end < entries.length && placeOf(entries, end) === placeOf(entries, end - entryWords)) end += entryWords;
    if (end <= start) continue;
    const first = placeOf(entries, start);
    if (start > 0) yield { place: first, entries: entries.slice(start, end), replaces: null };
    else yield { place: Math.min(first, replaces ?? first), entries: entries.slice(0, end), replaces };
    start = end;
  }
}
