import type { Dataset, HourArrivals, LedgerRow } from "@sluice/schema";
import type { Place } from "./block-data.ts";
import { hashBytes } from "./seen-set.ts";

/*
 * One block row holds what one append stored:
 *
 *   header   JSON, a BlockHeader
 *   hashes   ids' hashes bucket by bucket, then slices' hashes bucket by bucket, in the order of the header
 *   data     receipts and bodies as they came, and which of their events are new, file by file (block-data.ts)
 *
 * Nothing is compressed or serialized again: the rows are made when their file is, and a block is never rewritten.
 */

/** Events of one block for one file: the place is that of its picks. */
export interface Segment extends Place {
  readonly dataset: Dataset;
  readonly hourMs: number;
  readonly rows: number;
  /** Rows that came with a server key. */
  readonly serverRows: number;
  /** Public keys (source and serial) that rows came with. */
  readonly publicKeys: readonly string[];
  /** Characters of text that the rows will have, by the size of their bodies. */
  readonly textLength: number;
}

/** Number of hashes of one bucket. */
export interface BucketCount {
  readonly bucketMs: number;
  readonly count: number;
}

/** Everything about a block but its events and hashes. */
export interface BlockHeader {
  readonly takenAtMs: number;
  readonly segments: readonly Segment[];
  readonly ids: readonly BucketCount[];
  readonly slices: readonly BucketCount[];
  readonly ledger: readonly LedgerRow[];
  /** Absent in blocks that carry no slices. */
  readonly arrivals?: HourArrivals;
}

/** A block row, ready to be stored. */
export interface Block {
  readonly header: BlockHeader;
  readonly hashes: Uint8Array;
  readonly data: Uint8Array;
}

/** Hashes of one bucket, packed. */
export interface BucketHashes {
  readonly bucketMs: number;
  readonly packed: Uint8Array;
}

/** Takes a block's hashes apart. */
export function unpackHashes(
  header: Pick<BlockHeader, "ids" | "slices">,
  hashes: Uint8Array,
): { readonly ids: readonly BucketHashes[]; readonly slices: readonly BucketHashes[] } {
  let at = 0;
  const take = ({ bucketMs, count }: BucketCount): BucketHashes => {
    const packed = hashes.subarray(at, at + count * hashBytes);
    at += count * hashBytes;
    return { bucketMs, packed };
  };
  const unpacked = { ids: header.ids.map(take), slices: header.slices.map(take) };
  if (at !== hashes.length) throw new Error(`a block of ${hashes.length} hash bytes counts ${at}`);
  return unpacked;
}

/** Joins arrays of bytes. */
export function concatenate(arrays: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(arrays.reduce((sum, array) => sum + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    joined.set(array, at);
    at += array.length;
  }
  return joined;
}
