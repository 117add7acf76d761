import { randomBytes } from "node:crypto";
import type { AppendSlice } from "@sluice/schema";
import { expect, test } from "vitest";
import { testEvent } from "../../testing/harness.ts";
import { type SliceEvent, testSlice } from "../../testing/slices.ts";
import { type Block, unpackHashes } from "./block.ts";
import { storedEvents } from "./block-data.ts";
import { type BlockContent, packBlocks } from "./pack-blocks.ts";
import { hashBytes } from "./seen-set.ts";

const hour = 3_600_000;
const wide = { bytesMax: 1.9e6, bodyBytesMax: 8e6 };

/** What an append of these slices stores when every second event is new. */
function contentOf(slices: readonly AppendSlice[], isNew = (i: number): boolean => i % 2 === 0): BlockContent {
  let events = 0;
  const taken = slices.map((slice, index) => {
    const hashesAt = events * hashBytes;
    events += slice.events.positions.length;
    return { slice, index, hashesAt, fresh: [...slice.events.positions.keys()].filter(isNew) };
  });
  const ledger = [{ source: "web", hourMs: 0, received: events, stored: events, duplicate: 0, rejected: 0 }];
  const sliceHashes = [{ bucketMs: 0, packed: randomBytes(hashBytes * slices.length) }];
  return { takenAtMs: 5, slices: taken, eventHashes: randomBytes(events * hashBytes), sliceHashes, ledger };
}

function eventsOf(count: number, filler = (): string => ""): readonly SliceEvent[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `id${i}`,
    dataset: i % 10 === 0 ? "rejected" : "events",
    bucketHourMs: (i % 3) * hour,
    fileHourMs: (i % 4) * hour,
    raw: { ...testEvent(`id${i}`), filler: filler() },
  }));
}

/** Every event that a block holds: its file, its receipt, its position. */
function storedIn(blocks: readonly Block[]): readonly string[] {
  return blocks.flatMap(({ header, data }) =>
    header.segments.flatMap((segment) => {
      const stored = [...storedEvents(data, segment)];
      expect(segment.rows).toBe(stored.reduce((sum, { positions }) => sum + positions.length, 0));
      return stored.flatMap(({ receipt, positions }) =>
        positions.map((at) => `${segment.dataset} ${segment.hourMs} ${receipt.receiptId} ${at}`),
      );
    }),
  );
}

function expectedOf(content: BlockContent): readonly string[] {
  return content.slices.flatMap(({ slice, fresh }) =>
    fresh.map((event) => {
      const segment = slice.segments[slice.events.segments[event] ?? 0];
      return `${segment?.dataset} ${segment?.fileHourMs} ${slice.receipt.receiptId} ${slice.events.positions[event]}`;
    }),
  );
}

test("Q5: a block gives back every event, by file, with receipt and body as they came, and every hash, by bucket", () => {
  const slices = ["r1", "r2"].map((receiptId, i) =>
    testSlice({ receiptId, keyKind: i === 0 ? "public" : "server", keySerial: 7 }, eventsOf(40)),
  );
  const content = contentOf(slices);
  const blocks = packBlocks(content, wide);
  const [block, ...others] = blocks;
  if (block === undefined) throw new Error("no block");
  expect(others).toEqual([]);
  expect(storedIn(blocks).toSorted()).toEqual(expectedOf(content).toSorted());
  for (const segment of block.header.segments) {
    for (const { receipt, form, gzip } of storedEvents(block.data, segment)) {
      const slice = slices.find((candidate) => candidate.receipt.receiptId === receipt.receiptId);
      expect(receipt).toEqual(slice?.receipt);
      expect([form, [...gzip]]).toEqual(["request", [...(slice?.bodies[0]?.gzip ?? [])]]);
    }
    expect(segment).toMatchObject({ serverRows: segment.rows / 2, publicKeys: ["web.7"] });
  }
  const { ids, slices: sliceHashes } = unpackHashes(block.header, block.hashes);
  expect(ids.map((bucket) => bucket.packed.length / hashBytes).toSorted()).toEqual([12, 14, 14]);
  const packed = content.slices.flatMap(({ fresh, hashesAt }) =>
    fresh.map((event) => Buffer.from(content.eventHashes.subarray(hashesAt + event * hashBytes).subarray(0, 16))),
  );
  const found = ids.flatMap((bucket) =>
    Array.from({ length: bucket.packed.length / hashBytes }, (_, i) =>
      Buffer.from(bucket.packed.subarray(i * 16, i * 16 + 16)),
    ),
  );
  const hex = (hashes: readonly Buffer[]): readonly string[] => hashes.map((hash) => hash.toString("hex")).toSorted();
  expect(hex(found)).toEqual(hex(packed));
  expect([...(sliceHashes[0]?.packed ?? [])]).toEqual([...(content.sliceHashes[0]?.packed ?? [])]);
});

test("Q27: an append that does not fit one block row becomes several, with slices and ledger in the first only", () => {
  const slices = Array.from({ length: 30 }, (_, i) =>
    testSlice(
      { receiptId: `r${i}` },
      eventsOf(20, () => randomBytes(1500).toString("base64")),
    ),
  );
  const content = contentOf(slices);
  const limits = { bytesMax: 250_000, bodyBytesMax: 8e6 };
  const blocks = packBlocks(content, limits);
  expect(blocks.length).toBeGreaterThan(3);
  for (const block of blocks) {
    const bytes = JSON.stringify(block.header).length + block.hashes.length + block.data.length;
    expect(bytes).toBeLessThanOrEqual(limits.bytesMax);
  }
  expect(storedIn(blocks).toSorted()).toEqual(expectedOf(content).toSorted());
  expect(blocks.map((block) => block.header.ledger.length)).toEqual(blocks.map((_, i) => (i === 0 ? 1 : 0)));
  expect(blocks.map((block) => block.header.slices.length)).toEqual(blocks.map((_, i) => (i === 0 ? 1 : 0)));
});

test("Q27: a block's bodies unpack to a bounded size, since its rows are made together", () => {
  const slices = Array.from({ length: 6 }, (_, i) =>
    testSlice(
      { receiptId: `r${i}` },
      eventsOf(10, () => "x".repeat(1000)),
    ),
  );
  const bytes = slices[0]?.bodies[0]?.bytes ?? 0;
  const blocks = packBlocks(contentOf(slices), { ...wide, bodyBytesMax: 2 * bytes });
  expect(blocks).toHaveLength(3);
});

test("Q27: a slice of which nothing is new leaves its hash and its counts, and no body", () => {
  const content = contentOf([testSlice({ receiptId: "r1" }, eventsOf(5))], () => false);
  const [block] = packBlocks(content, wide);
  expect(block?.data).toHaveLength(0);
  expect(block?.header).toMatchObject({ segments: [], ids: [], ledger: content.ledger });
  expect(block?.hashes).toHaveLength(hashBytes);
});
