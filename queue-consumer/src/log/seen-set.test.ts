import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { concatenate } from "./block.ts";
import { SeenIndex } from "./seen-index.ts";
import { hashBytes, SeenSet } from "./seen-set.ts";

function hashOf(name: string): Uint8Array {
  return createHash("sha256").update(name).digest().subarray(0, hashBytes);
}

function hashesOf(prefix: string, count: number): Uint8Array {
  return concatenate(Array.from({ length: count }, (_, i) => hashOf(`${prefix}${i}`)));
}

test("Q3: a set of hashes finds what was added, and nothing else, through growth and packing", () => {
  const set = new SeenSet();
  const packed = hashesOf("a", 5000);
  for (let at = 0; at < packed.length; at += hashBytes) expect(set.add(packed, at)).toBe(true);
  for (let at = 0; at < packed.length; at += hashBytes) expect(set.add(packed, at)).toBe(false);
  const copy = new SeenSet(set.size);
  copy.addAll(set.pack());
  expect(copy.size).toBe(5000);
  for (let at = 0; at < packed.length; at += hashBytes) expect(copy.has(packed, at)).toBe(true);
  for (let i = 0; i < 5000; i++) expect(copy.has(hashOf(`b${i}`), 0)).toBe(false);
});

test("Q3: hashes that differ in any one word are different, and one of zeros can be kept", () => {
  const set = new SeenSet();
  const hashes = [0, 1, 2, 3].map((word) => {
    const hash = new Uint8Array(hashBytes);
    hash[word * 4] = 7;
    return hash;
  });
  for (const hash of [...hashes, new Uint8Array(hashBytes)]) expect(set.add(hash, 0)).toBe(true);
  expect(set.size).toBe(5);
});

test("Q15: an index finds live and folded hashes in their own bucket, and keeps its memory bounded", () => {
  const folded = new Map<number, Uint8Array>();
  let loads = 0;
  const store = {
    load: (bucketMs: number) => {
      loads += 1;
      return [folded.get(bucketMs) ?? new Uint8Array()];
    },
  };
  const index = new SeenIndex(store, 60_000);
  for (let bucket = 0; bucket < 20; bucket++) index.addLive(bucket, hashesOf(`${bucket}:`, 1000));
  expect(index.liveCount).toBe(20_000);
  expect(index.has(3, hashOf("3:5"), 0)).toBe(true);
  expect(index.has(4, hashOf("3:5"), 0)).toBe(false);
  const folds = index.packLive();
  for (const { bucketMs, packed } of folds) folded.set(bucketMs, packed);
  index.foldedLive(folds);
  expect(index.liveCount).toBe(0);
  for (let bucket = 0; bucket < 20; bucket++) expect(index.has(bucket, hashOf(`${bucket}:999`), 0)).toBe(true);
  const before = loads;
  expect(index.has(19, hashOf("19:1"), 0)).toBe(true);
  expect(loads).toBe(before); // the latest bucket is in memory
  expect(index.has(0, hashOf("0:1"), 0)).toBe(true);
  expect(loads).toBe(before + 1); // the oldest had to go
});
