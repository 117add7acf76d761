import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { concatenate } from "./block.ts";
import { hashBytes, SeenSet } from "./seen-set.ts";

function hashOf(name: string): Uint8Array {
  return createHash("sha256").update(name).digest().subarray(0, hashBytes);
}

function hashesOf(prefix: string, count: number): Uint8Array {
  return concatenate(Array.from({ length: count }, (_, i) => hashOf(`${prefix}${i}`)));
}

test("Q3: a set of ids finds what was added, and nothing else, through growth and copying", () => {
  const set = new SeenSet();
  const packed = hashesOf("a", 5000);
  for (let at = 0; at < packed.length; at += hashBytes) expect(set.add(0, packed, at)).toBe(true);
  for (let at = 0; at < packed.length; at += hashBytes) expect(set.add(0, packed, at)).toBe(false);
  const copy = new SeenSet(set.size);
  const entries = set.entries();
  for (let at = 0; at < entries.length; at += 5) expect(copy.addEntry(entries.slice(at, at + 5))).toBe(true);
  for (let at = 0; at < packed.length; at += hashBytes) expect(copy.add(0, packed, at)).toBe(false);
  for (let i = 0; i < 5000; i++) expect(copy.add(0, hashOf(`b${i}`), 0)).toBe(true);
  expect(copy.size).toBe(10_000);
});

test("Q3: ids that differ in their bucket or in any one word are different, and one of zeros can be kept", () => {
  const set = new SeenSet();
  const hashes = [0, 1, 2, 3].map((word) => {
    const hash = new Uint8Array(hashBytes);
    hash[word * 4] = 7;
    return hash;
  });
  for (const hash of [...hashes, new Uint8Array(hashBytes)]) {
    expect(set.add(0, hash, 0)).toBe(true);
    expect(set.add(3_600_000, hash, 0)).toBe(true);
    expect(set.add(0, hash, 0)).toBe(false);
  }
  expect(set.size).toBe(10);
});
