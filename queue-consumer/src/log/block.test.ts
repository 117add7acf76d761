import { randomBytes } from "node:crypto";
import type { AppendRow } from "@sluice/schema";
import { expect, test } from "vitest";
import { type BlockContent, packBlocks, unpackHashes, unpackSegment } from "./block.ts";
import { hashBytes } from "./seen-set.ts";

const hour = 3_600_000;

function contentOf(count: number, textOf: (i: number) => string): BlockContent {
  const rows = Array.from({ length: count }, (_, i): { row: AppendRow; hashAt: number } => ({
    row: {
      slice: 0,
      dataset: i % 5 === 0 ? "rejected" : "events",
      id: `id${i}`,
      keyKind: i % 2 === 0 ? "server" : "public",
      bucketHourMs: (i % 3) * hour,
      fileHourMs: (i % 4) * hour,
      row: textOf(i),
    },
    hashAt: i * hashBytes,
  }));
  const ledger = [{ source: "web", hourMs: 0, received: count, stored: count, duplicate: 0, rejected: 0 }];
  const slices = [{ bucketMs: 0, packed: randomBytes(hashBytes) }];
  return { takenAtMs: 5, rows, rowHashes: randomBytes(count * hashBytes), slices, ledger };
}

function textsOf(blocks: ReturnType<typeof packBlocks>): readonly string[] {
  return blocks.flatMap((block) =>
    block.header.segments.flatMap((segment) =>
      unpackSegment(block.data.subarray(segment.at, segment.at + segment.bytes), segment),
    ),
  );
}

test("Q5: a block gives back every row, by file hour, and every hash, by bucket", () => {
  const content = contentOf(40, (i) => JSON.stringify({ i, text: "ä\n" }));
  const [block, ...others] = packBlocks(content, { bytesMax: 1e6, textLengthMax: 1e6 });
  if (block === undefined) throw new Error("no block");
  expect(others).toEqual([]);
  expect(textsOf([block]).toSorted()).toEqual(content.rows.map(({ row }) => row.row).toSorted());
  for (const segment of block.header.segments) {
    const texts = unpackSegment(block.data.subarray(segment.at, segment.at + segment.bytes), segment);
    const expected = content.rows.filter(
      ({ row }) => row.dataset === segment.dataset && row.fileHourMs === segment.hourMs,
    );
    expect(texts).toEqual(expected.map(({ row }) => row.row));
    expect(segment.serverRows).toBe(expected.filter(({ row }) => row.keyKind === "server").length);
  }
  const { ids, slices } = unpackHashes(block.header, block.hashes);
  expect(ids.map((bucket) => bucket.packed.length)).toEqual([14, 13, 13].map((count) => count * hashBytes));
  expect(slices.map((bucket) => [...bucket.packed])).toEqual([[...(content.slices[0]?.packed ?? [])]]);
});

test("Q27: an append that does not fit one block row becomes several, with slices and ledger in the first only", () => {
  const content = contentOf(64, () => randomBytes(3000).toString("base64"));
  const limits = { bytesMax: 40_000, textLengthMax: 1e6 };
  const blocks = packBlocks(content, limits);
  expect(blocks.length).toBeGreaterThan(3);
  for (const block of blocks) {
    const bytes = JSON.stringify(block.header).length + block.hashes.length + block.data.length;
    expect(bytes).toBeLessThanOrEqual(limits.bytesMax);
  }
  expect(textsOf(blocks).toSorted()).toEqual(content.rows.map(({ row }) => row.row).toSorted());
  expect(blocks.map((block) => block.header.ledger.length)).toEqual(blocks.map((_, i) => (i === 0 ? 1 : 0)));
  expect(blocks.map((block) => block.header.slices.length)).toEqual(blocks.map((_, i) => (i === 0 ? 1 : 0)));
});
