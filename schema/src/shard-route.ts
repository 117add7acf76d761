import type { Dataset } from "./shard-log.ts";
import type { KeyKind } from "./write-key.ts";

/*
 * Which shard of a project an id belongs to: linear hashing (Litwin, 1980). One more shard takes half of the ids of one
 * other, its parent, and leaves everything else where it is.
 */

/** Shards that a project can have. Each costs a publishing cycle of its own; two carry 10 billion events a month. */
export const shardsMax = 64;

/** Where an id stands among all ids, 32 bits, uniform; the same in every process. */
export function routeOf(keyKind: KeyKind, dataset: Dataset, id: string): number {
  let hash = keyKind === "public" ? 0x811c9dc5 : 0x1000193;
  if (dataset === "rejected") hash = ~hash;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** The shard of a route among so many shards, from 0. */
export function shardOf(route: number, shards: number): number {
  let slots = 1;
  while (slots < shards) slots *= 2;
  const slot = route % slots;
  return slot < shards ? slot : slot - slots / 2;
}

/**
 * The numbers of shards as of which a shard has owned its ids, one after the other: since it was opened, and since each of its
 * children was. Of a slice, a shard is given the same ids during all of one of these.
 *
 * @param shards the last of them.
 */
export function shardEpochsOf(shard: number, shards: number): readonly number[] {
  const epochs = [shard + 1];
  for (let step = 1; shard + step < shards; step *= 2) if (step > shard) epochs.push(shard + step + 1);
  return epochs;
}

/** The shard that gives half of its ids to a shard when that is opened; a shard's number is above its parent's. */
export function parentShardOf(shard: number): number {
  if (shard < 1) throw new Error("the first shard has no parent");
  return shard - 2 ** Math.floor(Math.log2(shard));
}
