import { type Entries, entryCount, entryWords } from "./seen-entries.ts";

/** Bits per id. With seven probes 0.8 % of the ids that are not there seem to be: (1 − e^(−7/10))^7. */
const bitsPerId = 10;
const probes = 7;

/** A Bloom filter, as 32-bit words. An id that it does not hold was not put in; one that it holds probably was. */
export type SeenFilter = Uint32Array<ArrayBuffer>;

/**
 * A filter of entries. Their hashes are keyed and uniform, so two of their words stand in for the two hash functions of double
 * hashing (Kirsch and Mitzenmacher, "Less hashing, same performance", 2006); the first is left out, since it chose the page.
 */
export function filterOf(entries: Entries): SeenFilter {
  const filter = emptyFilter(entryCount(entries));
  addToFilter(filter, entries);
  return filter;
}

/** A filter for so many entries, of at most so many bytes: with more entries than fit it has more false positives. */
export function emptyFilter(count: number, bytesMax = Infinity): SeenFilter {
  return new Uint32Array(Math.max(2, Math.ceil(Math.min(count * bitsPerId, bytesMax * 8) / 32)));
}

/** @param isMeant whether the entry at a word of `entries` is added; default: each is. */
export function addToFilter(filter: SeenFilter, entries: Entries, isMeant: (at: number) => boolean = () => true): void {
  for (let at = 0; at < entries.length; at += entryWords) {
    if (!isMeant(at)) continue;
    probe(filter, entries, at, (word, bit) => {
      filter[word] = (filter[word] ?? 0) | bit;
      return true;
    });
  }
}

/** Whether an entry may be among those of a filter. */
export function mayHold(filter: SeenFilter, entry: Entries): boolean {
  return probe(filter, entry, 0, (word, bit) => ((filter[word] ?? 0) & bit) !== 0);
}

/** Visits the bits of an entry until `visit` says no. */
function probe(
  filter: SeenFilter,
  entries: Entries,
  at: number,
  visit: (word: number, bit: number) => boolean,
): boolean {
  const bits = filter.length * 32;
  const step = (entries[at + 3] ?? 0) | 1;
  let hash = entries[at + 2] ?? 0;
  for (let i = 0; i < probes; i++) {
    const bit = Math.floor((hash / 2 ** 32) * bits);
    if (!visit(bit >>> 5, 1 << (bit & 31))) return false;
    hash = (hash + step) >>> 0;
  }
  return true;
}
