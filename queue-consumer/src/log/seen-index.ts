import { hashBytes, SeenSet } from "./seen-set.ts";

/** Where folded hashes are kept: packed arrays per bucket. */
export interface SeenStore {
  /** All packed arrays of one bucket; empty when it has none. */
  load(bucketMs: number): readonly Uint8Array[];
}

/**
 * Hashes seen so far, by bucket (an hour, ms), in two layers: `live` ones stand in block rows that are not folded yet
 * and are always in memory; `folded` ones stand in packed rows and are loaded bucket by bucket, the least recently used
 * buckets leaving when the layer exceeds its bound.
 *
 * The caller changes it only after the transaction that made the same change in SQL.
 */
export class SeenIndex {
  readonly #store: SeenStore;
  readonly #foldedBytesMax: number;
  readonly #live = new Map<number, SeenSet>();
  /** In order of use, the least recent first. */
  readonly #folded = new Map<number, SeenSet>();
  #foldedBytes = 0;
  #liveCount = 0;

  constructor(store: SeenStore, foldedBytesMax: number) {
    this.#store = store;
    this.#foldedBytesMax = foldedBytesMax;
  }

  /** Hashes of the live layer. */
  get liveCount(): number {
    return this.#liveCount;
  }

  /** Whether a bucket holds the hash at byte `at` of `packed`. Loads the bucket if need be. */
  has(bucketMs: number, packed: Uint8Array, at: number): boolean {
    return this.#live.get(bucketMs)?.has(packed, at) === true || this.#foldedSet(bucketMs).has(packed, at);
  }

  /** Adds packed hashes to a bucket's live layer. */
  addLive(bucketMs: number, packed: Uint8Array): void {
    let set = this.#live.get(bucketMs);
    if (set === undefined) this.#live.set(bucketMs, (set = new SeenSet(packed.length / hashBytes)));
    const before = set.size;
    set.addAll(packed);
    this.#liveCount += set.size - before;
  }

  /** The live layer, packed, for folding; leaves it as it is. */
  packLive(): readonly { readonly bucketMs: number; readonly packed: Uint8Array }[] {
    return [...this.#live].map(([bucketMs, set]) => ({ bucketMs, packed: set.pack() }));
  }

  /** Says that all live hashes now stand in the store. */
  foldedLive(folds: readonly { readonly bucketMs: number; readonly packed: Uint8Array }[]): void {
    for (const { bucketMs, packed } of folds) {
      const cached = this.#folded.get(bucketMs);
      if (cached === undefined) continue; // will be loaded whole when asked for
      const before = cached.bytes;
      cached.addAll(packed);
      this.#foldedBytes += cached.bytes - before;
    }
    this.#live.clear();
    this.#liveCount = 0;
    this.#evict(null);
  }

  #foldedSet(bucketMs: number): SeenSet {
    let set = this.#folded.get(bucketMs);
    if (set !== undefined) {
      this.#folded.delete(bucketMs);
    } else {
      const chunks = this.#store.load(bucketMs);
      set = new SeenSet(chunks.reduce((sum, chunk) => sum + chunk.length, 0) / hashBytes);
      for (const chunk of chunks) set.addAll(chunk);
      this.#foldedBytes += set.bytes;
    }
    this.#folded.set(bucketMs, set); // now the most recently used
    this.#evict(bucketMs);
    return set;
  }

  /** Lets the least recently used buckets go until the layer fits; never the one in use. */
  #evict(inUse: number | null): void {
    for (const [bucketMs, set] of this.#folded) {
      if (this.#foldedBytes <= this.#foldedBytesMax) return;
      if (bucketMs === inUse) continue;
      this.#folded.delete(bucketMs);
      this.#foldedBytes -= set.bytes;
    }
  }
}
