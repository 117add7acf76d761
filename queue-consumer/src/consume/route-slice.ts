import { type AppendSlice, routeOf, shardOf } from "@sluice/schema";
import { pickIds, textsOf } from "../log/id-texts.ts";
import type { LogRequest } from "../log/packed-append.ts";
import { groupBy } from "../group-by.ts";

/** What of a slice goes to one shard. */
export interface ShardSlice {
  readonly shard: number;
  readonly slice: AppendSlice;
}

/**
 * Takes a slice apart by the shards of its ids. Each part names the same receipt and carries the same bodies, and only its own
 * events. A slice without events goes to the first shard.
 */
export function routeSlice(slice: AppendSlice, shards: number): readonly ShardSlice[] {
  if (shards === 1 || slice.events.positions.length === 0) return [{ shard: 0, slice }];
  const texts = textsOf(slice.events.ids);
  const groups = groupBy(texts.keys(), (i) => shardOfEvent(slice, i, texts[i], shards));
  if (groups.size === 1) return [...groups.keys()].map((shard) => ({ shard, slice }));
  return [...groups].map(([shard, events]) => ({ shard, slice: { ...slice, events: pick(slice.events, events) } }));
}

/** Whether all ids of a request belong to its shard, of so many. */
export function belongsTo({ shard, slices, ids }: LogRequest, shards: number): boolean {
  const texts = textsOf(ids).values();
  return slices.every((slice) =>
    slice.events.positions.every((_, i) => shardOfEvent(slice, i, texts.next().value, shards) === shard),
  );
}

function shardOfEvent(
  {
    receipt,
    segments,
    events,
  }: Pick<AppendSlice, "receipt" | "segments"> & { readonly events: { readonly segments: Uint16Array } },
  i: number,
  id: string | undefined,
  shards: number,
): number {
  const dataset = segments[events.segments[i] ?? -1]?.dataset;
  if (dataset === undefined || id === undefined) throw new Error("an event of a slice names no segment of it");
  return shardOf(routeOf(receipt.keyKind, dataset, id), shards);
}

function pick(events: AppendSlice["events"], indices: readonly number[]): AppendSlice["events"] {
  return {
    positions: Uint16Array.from(indices, (i) => events.positions[i] ?? 0),
    ids: pickIds(events.ids, indices),
    bucketHoursMs: Float64Array.from(indices, (i) => events.bucketHoursMs[i] ?? 0),
    segments: Uint16Array.from(indices, (i) => events.segments[i] ?? 0),
  };
}
