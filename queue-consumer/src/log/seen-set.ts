/** Bytes of one id's hash. */
export const hashBytes = 16;
const words = 4;
/** Share of slots in use above which the table doubles. */
const loadMax = 0.7;

/**
 * A set of 128-bit hashes in one flat array: 23–46 bytes per hash, where a `Set` of strings takes about 100.
 * The hashes are uniform (they are keyed SHA-256), so their first word serves as the slot.
 */
export class SeenSet {
  #table: Uint32Array;
  #size = 0;

  /** @param expected hashes to make room for. */
  constructor(expected = 0) {
    let slots = 16;
    while (slots * loadMax < expected) slots *= 2;
    this.#table = new Uint32Array(slots * words);
  }

  /** Hashes in the set. */
  get size(): number {
    return this.#size;
  }

  /** Memory of the table. */
  get bytes(): number {
    return this.#table.byteLength;
  }

  /** Whether the hash at byte `at` of `packed` is in the set. */
  has(packed: Uint8Array, at: number): boolean {
    return this.#table[this.#slotOf(readHash(packed, at)) * words + words - 1] !== 0;
  }

  /** Adds the hash at byte `at` of `packed`; whether it was new. */
  add(packed: Uint8Array, at: number): boolean {
    const hash = readHash(packed, at);
    const slot = this.#slotOf(hash) * words;
    if (this.#table[slot + words - 1] !== 0) return false;
    this.#table.set(hash, slot);
    this.#size++;
    if (this.#size > (this.#table.length / words) * loadMax) this.#grow();
    return true;
  }

  /** Adds all hashes of a packed array. */
  addAll(packed: Uint8Array): void {
    for (let at = 0; at + hashBytes <= packed.length; at += hashBytes) this.add(packed, at);
  }

  /** All hashes, packed one after the other, in no particular order. */
  pack(): Uint8Array {
    const packed = new Uint8Array(this.#size * hashBytes);
    const view = new DataView(packed.buffer);
    let at = 0;
    for (let slot = 0; slot < this.#table.length; slot += words) {
      if (this.#table[slot + words - 1] === 0) continue;
      for (let word = 0; word < words; word++) view.setUint32(at + word * 4, this.#table[slot + word] ?? 0);
      at += hashBytes;
    }
    return packed;
  }

  /** The slot that holds the hash, or the free one where it belongs (linear probing; there is always a free one). */
  #slotOf(hash: readonly number[]): number {
    const mask = this.#table.length / words - 1;
    const [a = 0, b = 0, c = 0, d = 0] = hash;
    for (let slot = a & mask; ; slot = (slot + 1) & mask) {
      const at = slot * words;
      const last = this.#table[at + 3];
      if (last === 0) return slot;
      if (last === d && this.#table[at] === a && this.#table[at + 1] === b && this.#table[at + 2] === c) return slot;
    }
  }

  #grow(): void {
    const old = this.#table;
    this.#table = new Uint32Array(old.length * 2);
    for (let slot = 0; slot < old.length; slot += words) {
      if (old[slot + words - 1] === 0) continue;
      const hash = [...old.subarray(slot, slot + words)];
      this.#table.set(hash, this.#slotOf(hash) * words);
    }
  }
}

/** The four words of a hash. The last is never 0, which marks a free slot: a hash that ends so counts as ending in 1. */
function readHash(packed: Uint8Array, at: number): readonly [number, number, number, number] {
  const view = new DataView(packed.buffer, packed.byteOffset + at, hashBytes);
  return [view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12) || 1];
}
