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
  const order = orderByStart(entries);
  const sorted = new Uint32Array(entries.length);
  for (let i = 0; i < order.length; i++) {
    // Entries that begin alike are so rare that each is moved to its place one by one.
    let to = i * entryWords;
    const from = (order[i] ?? 0) * entryWords;
    for (; to > 0 && compareEntries(sorted, to - entryWords, entries, from) > 0; to -= entryWords) {
      copyEntry(sorted, to - entryWords, sorted, to);
    }
    copyEntry(entries, from, sorted, to);
  }
  return sorted;
}

const digitBits = 16;

/**
 * Indices of entries, in the order of hour and first word of the hash. A radix sort, digit by digit from the last: a comparison
 * function would take most of the time of a fold.
 */
function orderByStart(entries: Entries): Uint32Array {
  let order = Uint32Array.from({ length: entryCount(entries) }, (_, i) => i);
  let next = new Uint32Array(order.length);
  for (const [word, shift] of startDigits) {
    const digitOf = (entry: number): number => ((entries[entry * entryWords + word] ?? 0) >>> shift) & 0xffff;
    const ends = new Uint32Array(2 ** digitBits);
    for (const entry of order) ends[digitOf(entry)] = (ends[digitOf(entry)] ?? 0) + 1;
    if (ends[digitOf(0)] === order.length) continue; // as the hour's high half mostly is, this digit is the same in all
    for (let digit = 1; digit < ends.length; digit++) ends[digit] = (ends[digit] ?? 0) + (ends[digit - 1] ?? 0);
    for (let i = order.length - 1; i >= 0; i--) {
      const entry = order[i] ?? 0;
      const place = (ends[digitOf(entry)] ?? 0) - 1;
      ends[digitOf(entry)] = place;
      next[place] = entry;
    }
    [order, next] = [next, order];
  }
  return order;
}

/** Word and shift of each digit that entries are sorted by, the last first. */
const startDigits = [
  [1, 0],
  [1, digitBits],
  [0, 0],
  [0, digitBits],
] as const;

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
