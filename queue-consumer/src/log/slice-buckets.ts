import { type HourArrivals, hourOf } from "@sluice/schema";
import { groupBy } from "../group-by.ts";
import type { AppendPlan } from "./append-plan.ts";
import { type BucketHashes, concatenate } from "./block.ts";
import { hashBytes } from "./seen-set.ts";
import { sliceHashAt } from "./taken-slices.ts";

/** Hashes of the slices that an append takes, by receipt hour. */
export function sliceBuckets(plan: AppendPlan, packed: Uint8Array, shards: number): readonly BucketHashes[] {
  const buckets = groupBy(plan.slices, ({ slice }) => hourOf(slice.receipt.receivedAtMs));
  return [...buckets].map(([bucketMs, slices]) => ({
    bucketMs,
    packed: concatenate(slices.map(({ index }) => sliceHashAt(packed, index * hashBytes, shards))),
  }));
}

/** What arrived in receipt hours from `fromMs` (inclusive) to `toMs` (exclusive). */
export function arrivalsWithin({ streams, untracked }: HourArrivals, fromMs: number, toMs: number): HourArrivals {
  const isAsked = ({ hourMs }: { readonly hourMs: number }): boolean => hourMs >= fromMs && hourMs < toMs;
  return { streams: streams.filter(isAsked), untracked: untracked.filter(isAsked) };
}
