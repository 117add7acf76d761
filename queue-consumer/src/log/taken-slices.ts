import type { SeenIndex } from "./seen-index.ts";
import { hashBytes } from "./seen-set.ts";

/*
 * A slice is the part of a message that one shard is given, so the same message is another slice when its shard has given ids up to a
 * child. Each is remembered with the number of shards as of which it was taken: the child is then told what its parent took for
 * both, and nothing of what the parent took for itself alone.
 */

/** The hash under which a slice is remembered that was taken as of so many shards; the message's own while there is one. */
export function sliceHashAt(packed: Uint8Array, at: number, shards: number): Uint8Array {
  const hash = packed.slice(at, at + hashBytes);
  hash[hashBytes - 1] = (hash[hashBytes - 1] ?? 0) ^ Math.max(0, shards - 1);
  return hash;
}

/** Slices that a log has taken. */
export class TakenSlices {
  readonly index: SeenIndex;

  constructor(index: SeenIndex) {
    this.index = index;
  }

  /** Whether the slice at byte `at` of `packed` was taken as of one of these numbers of shards. */
  has(bucketMs: number, packed: Uint8Array, at: number, epochs: readonly number[]): boolean {
    return epochs.some((shards) => this.index.has(bucketMs, sliceHashAt(packed, at, shards), 0) === true);
  }
}
