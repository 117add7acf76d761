import { type Entries, entryWords, readEntry } from "./seen-entries.ts";

/** Bytes of one id's hash. */
export const hashBytes = 16;
/** Share of slots in use above which the table doubles. */
const loadMax = 0.7;

/**
 * A set of seen ids (a bucket and a 128-bit hash each) in one flat array: 29–57 bytes per id, where a `Set` of strings
 * takes about 100. Hashes are uniform (they are keyed), so their first word serves as the slot.
 */
export class SeenSet {
  #table: Entries;
  #size = 0;
  readonly #asked = new Uint32Array(entryWords);

  /** @param expected ids to make room for. */
  constructor(expected = 0) {
    let slots = 16;
    while (slots * loadMax < expected) slots *= 2; // a power of two: slots are chosen by a mask
    this.#table = new Uint32Array(slots * entryWords);
  }

  /** Ids in the set. */
  get size(): number {
    return this.#size;
  }

  /** Memory of the table. */
  get bytes(): number {
    return this.#table.byteLength;
  }

  /** Adds the bucket's hash at byte `at` of `packed`; whether it was new. */
  add(bucketMs: number, packed: Uint8Array, at: number): boolean {
    readEntry(bucketMs, packed, at, this.#asked);
    return this.addEntry(this.#asked);
  }

  /** Adds all hashes of one bucket. */
  addAll(bucketMs: number, packed: Uint8Array): void {
    for (let at = 0; at + hashBytes <= packed.length; at += hashBytes) this.add(bucketMs, packed, at);
  }

  /** Whether the set holds an entry. */
  hasEntry(entry: Entries): boolean {
    return this.#table[this.#slotOf(entry, 0) * entryWords + entryWords - 1] !== 0;
  }

  /** Adds an entry; whether it was new. */
  addEntry(entry: Entries): boolean {
    const slot = this.#slotOf(entry, 0) * entryWords;
    if (this.#table[slot + entryWords - 1] !== 0) return false;
    for (let word = 0; word < entryWords; word++) this.#table[slot + word] = entry[word] ?? 0;
    this.#size++;
    if (this.#size > (this.#table.length / entryWords) * loadMax) this.#grow();
    return true;
  }

  /** All entries, in no particular order. */
  entries(): Entries {
    const entries = new Uint32Array(this.#size * entryWords);
    let to = 0;
    for (let slot = 0; slot < this.#table.length; slot += entryWords) {
      if (this.#table[slot + entryWords - 1] === 0) continue;
      for (let word = 0; word < entryWords; word++) entries[to + word] = this.#table[slot + word] ?? 0;
      to += entryWords;
    }
    return entries;
  }

  /** The slot that holds the entry at `from`, or the free one where it belongs (linear probing; there is always a free one). */
  #slotOf(entry: Entries, from: number): number {
    const table = this.#table;
    const mask = table.length / entryWords - 1;
    for (let slot = (entry[from + 1] ?? 0) & mask; ; slot = (slot + 1) & mask) {
      const at = slot * entryWords;
      if (table[at + entryWords - 1] === 0) return slot;
      let word = entryWords - 1;
      while (word >= 0 && table[at + word] === entry[from + word]) word--;
      if (word < 0) return slot;
    }
  }

  #grow(): void {
    const old = this.#table;
    this.#table = new Uint32Array(old.length * 2);
    for (let at = 0; at < old.length; at += entryWords) {
      if (old[at + entryWords - 1] === 0) continue;
      const slot = this.#slotOf(old, at) * entryWords;
      for (let word = 0; word < entryWords; word++) this.#table[slot + word] = old[at + word] ?? 0;
    }
  }
}
