import { aheadFilterBytesMax } from "./limits.ts";
import { type Entries, entryWords, firstPlaceOf, isUndatedPlace, placeOf } from "./seen-entries.ts";
import { addToFilter, emptyFilter, type SeenFilter } from "./seen-filter.ts";
import type { SeenIndex } from "./seen-index.ts";

/*
 * An id may state a birth that is far ahead: a clock was wrong, or somebody with a public key wants it so. A child of a log asks
 * its parent for what may be as old as the last of the parent's ids; were that one born in 2286, it would ask for every id, for ever.
 * So ids that are ahead when the log is split do not count for the last one: the child gets a filter of them.
 */

/** How far an id may be ahead of the log's clock and still count among those of its time, in ms: clocks of devices are off by minutes. */
const aheadMsMin = 2 * 3_600_000;

/** What a child needs to know of its parent's ids, so as not to ask for those that cannot be there. */
export interface OldIds {
  /** Place of the last id that is not ahead; −1 when there is none. */
  readonly last: number;
  /** Of the ids that are ahead; `null` when there are none. Beyond 50,000 of them it says yes more and more often. */
  readonly ahead: SeenFilter | null;
}

/** Tells the ids of an index that are ahead of an instant from the others. */
export function oldIdsOf(index: SeenIndex, nowMs: number): OldIds {
  const end = firstPlaceOf(nowMs + aheadMsMin);
  let last = index.lastPlaceBefore(end);
  let count = 0;
  for (const entries of index.entriesFrom(end)) {
    for (let at = 0; at < entries.length; at += entryWords) {
      if (isAhead(entries, at, end)) count += 1;
      else if (placeOf(entries, at) < end) last = Math.max(last, placeOf(entries, at));
    }
  }
  if (count === 0) return { last, ahead: null };
  const ahead = emptyFilter(count, aheadFilterBytesMax);
  for (const entries of index.entriesFrom(end)) addToFilter(ahead, entries, (at) => isAhead(entries, at, end));
  return { last, ahead };
}

function isAhead(entries: Entries, at: number, end: number): boolean {
  const place = placeOf(entries, at);
  return place >= end && !isUndatedPlace(place);
}
