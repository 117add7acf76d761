import { hourMs, undatedFromMs } from "@sluice/schema";

/*
 * A seen id as the log keeps it: five 32-bit words, the hour of its bucket and its 128-bit keyed hash. Entries are kept in
 * one order everywhere, by hour and then by hash, so that ids of one hour lie together and are spread evenly within it.
 */

/** Words of one entry. */
export const entryWords = 5;
/** Bytes of one entry in SQL and in the lake's bucket; words are little-endian. */
export const entryBytes = entryWords * 4;

/** Entries one after the other, {@link entryWords} words each. */
export type Entries = Uint32Array<ArrayBuffer>;

/** Hours from the earliest that is told apart to 1970: 30,000 years. Buckets beyond share the first or the last hour. */
const hoursBefore1970 = 2 ** 28;
const hoursMax = 2 ** 29 - 1;
/** Bits of the hash in an entry's place: hour and they stay below 2^53, and a page of one hour is told from the next. */
const placeHashBits = 21;

/** Reads a bucket and the hash at byte `at` of `packed` into `into`, from word `word`. The last word is never 0. */
export function readEntry(bucketMs: number, packed: Uint8Array, at: number, into: Entries, word = 0): void {
  into[word] = hourWord(bucketMs);
  for (let i = 0; i < entryWords - 1; i++) {
    const byte = at + i * 4;
    const high = ((packed[byte] ?? 0) << 24) | ((packed[byte + 1] ?? 0) << 16);
    into[word + 1 + i] = high | ((packed[byte + 2] ?? 0) << 8) | (packed[byte + 3] ?? 0);
  }
  // Zero marks a free slot of a SeenSet: a hash that ends so counts as ending in 1.
  into[word + 4] ||= 1;
}

/** Number of entries. */
export function entryCount(entries: Entries): number {
  return entries.length / entryWords;
}

/** Position of the entry at word `word` in the order of all entries, as one number; only entries of equal places need comparing. */
export function placeOf(entries: Entries, word = 0): number {
  return (entries[word] ?? 0) * 2 ** placeHashBits + ((entries[word + 1] ?? 0) >>> (32 - placeHashBits));
}

/** Whether a place is that of an id that states no time. */
export function isUndatedPlace(place: number): boolean {
  return place >= firstPlaceOf(undatedFromMs);
}

/** The first place of an instant's hour. */
export function firstPlaceOf(ms: number): number {
  return hourWord(ms) * 2 ** placeHashBits;
}

/** The last place of an instant's hour. */
export function lastPlaceOf(ms: number): number {
  return firstPlaceOf(ms) + 2 ** placeHashBits - 1;
}

/** The same entries in their order. */
export function sortEntries(entries: Entries): Entries {
  const count = entryCount(entries);
  const places = Float64Array.from({ length: count }, (_, i) => placeOf(entries, i * entryWords));
  const order = Uint32Array.from({ length: count }, (_, i) => i).sort(
    (a, b) => (places[a] ?? 0) - (places[b] ?? 0) || compareEntries(entries, a * entryWords, entries, b * entryWords),
  );
  const sorted = new Uint32Array(entries.length);
  order.forEach((from, to) => copyEntry(entries, from * entryWords, sorted, to * entryWords));
  return sorted;
}

/** Two ordered lists as one, each entry once. */
export function mergeEntries(a: Entries, b: Entries): Entries {
  const merged = new Uint32Array(a.length + b.length);
  let [i, j, to] = [0, 0, 0];
  while (i < a.length || j < b.length) {
    const order = i >= a.length ? 1 : j >= b.length ? -1 : compareEntries(a, i, b, j);
    if (order <= 0) copyEntry(a, i, merged, to);
    else copyEntry(b, j, merged, to);
    if (order <= 0) i += entryWords;
    if (order >= 0) j += entryWords;
    to += entryWords;
  }
  return merged.subarray(0, to);
}

/** Whether ordered entries hold one: a binary search. */
export function hasEntry(entries: Entries, entry: Entries): boolean {
  let low = 0;
  let high = entryCount(entries);
  while (low < high) {
    const middle = (low + high) >> 1;
    const order = compareEntries(entries, middle * entryWords, entry, 0);
    if (order === 0) return true;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return false;
}

function compareEntries(a: Entries, i: number, b: Entries, j: number): number {
  for (let word = 0; word < entryWords; word++) {
    const order = (a[i + word] ?? 0) - (b[j + word] ?? 0);
    if (order !== 0) return order;
  }
  return 0;
}

function copyEntry(from: Entries, i: number, to: Entries, j: number): void {
  for (let word = 0; word < entryWords; word++) to[j + word] = from[i + word] ?? 0;
}

function hourWord(ms: number): number {
  return Math.min(Math.max(Math.floor(ms / hourMs) + hoursBefore1970, 0), hoursMax);
}
