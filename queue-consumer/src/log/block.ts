import { gunzipSync, gzipSync } from "node:zlib";
import type { Dataset, HourArrivals, LedgerRow } from "@sluice/schema";
import { groupBy } from "../group-by.ts";
import type { NewRow } from "./append-plan.ts";
import { hashBytes } from "./seen-set.ts";

/*
 * One block row holds what one append stored:
 *
 *   header   JSON, a BlockHeader
 *   hashes   ids' hashes bucket by bucket, then slices' hashes bucket by bucket, in the order of the header
 *   data     one gzip member per (dataset, file hour), at the offsets in the header
 *
 * Rows are grouped by file hour, so that an hour is published without unpacking the others, and a block is never rewritten.
 */

/** Rows of one block for one file. */
export interface Segment {
  readonly dataset: Dataset;
  readonly hourMs: number;
  readonly rows: number;
  /** Rows that came with a server key. */
  readonly serverRows: number;
  /** Characters of JSON text. */
  readonly textLength: number;
  /** Place in the block's data. */
  readonly at: number;
  readonly bytes: number;
}

/** Number of hashes of one bucket. */
export interface BucketCount {
  readonly bucketMs: number;
  readonly count: number;
}

/** Everything about a block but its rows and hashes. */
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

/** What one append stores. */
export interface BlockContent {
  readonly takenAtMs: number;
  readonly rows: readonly NewRow[];
  /** The request's row hashes, into which `rows` point. */
  readonly rowHashes: Uint8Array;
  readonly slices: readonly BucketHashes[];
  readonly ledger: readonly LedgerRow[];
  readonly arrivals?: HourArrivals;
}

/** Bounds of a block; the sizes are in bytes and characters. */
export interface BlockLimits {
  readonly bytesMax: number;
  readonly textLengthMax: number;
}

/** Packs an append into as few blocks as fit the bounds: one, but for very large appends. The first carries slices and ledger. */
export function packBlocks(content: BlockContent, limits: BlockLimits): readonly Block[] {
  const textLength = content.rows.reduce((sum, { row }) => sum + row.row.length, 0);
  if (textLength <= limits.textLengthMax || content.rows.length <= 1) {
    const block = packBlock(content);
    if (blockBytes(block) <= limits.bytesMax) return [block];
    if (content.rows.length <= 1) throw new Error(`one row makes a block of ${blockBytes(block)} bytes`);
  }
  const middle = content.rows.length >> 1;
  const { arrivals: _, ...withoutArrivals } = content;
  return [
    ...packBlocks({ ...content, rows: content.rows.slice(0, middle) }, limits),
    ...packBlocks({ ...withoutArrivals, rows: content.rows.slice(middle), slices: [], ledger: [] }, limits),
  ];
}

/** Reads the rows of a segment back: one line of JSON each. */
export function unpackSegment(data: Uint8Array, segment: Segment): readonly string[] {
  const lines = gunzipSync(data).toString("utf8").split("\n");
  if (lines.length !== segment.rows) throw new Error(`a segment of ${segment.rows} rows holds ${lines.length}`);
  return lines;
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

function blockBytes(block: Block): number {
  // Sources and datasets are plain ASCII, so a character of the header is a byte.
  return JSON.stringify(block.header).length + block.hashes.length + block.data.length;
}

function packBlock(content: BlockContent): Block {
  const ids = hashesByBucket(content);
  const { segments, data } = packSegments(content.rows);
  return {
    header: {
      takenAtMs: content.takenAtMs,
      segments,
      ids: ids.map(countOf),
      slices: content.slices.map(countOf),
      ledger: content.ledger,
      ...(content.arrivals === undefined ? {} : { arrivals: content.arrivals }),
    },
    hashes: concatenate([...ids, ...content.slices].map((bucket) => bucket.packed)),
    data,
  };
}

function countOf(bucket: BucketHashes): BucketCount {
  return { bucketMs: bucket.bucketMs, count: bucket.packed.length / hashBytes };
}

function hashesByBucket(content: BlockContent): readonly BucketHashes[] {
  const buckets = groupBy(content.rows, ({ row }) => row.bucketHourMs);
  return [...buckets].map(([bucketMs, rows]) => ({
    bucketMs,
    packed: concatenate(rows.map(({ hashAt }) => content.rowHashes.subarray(hashAt, hashAt + hashBytes))),
  }));
}

function packSegments(rows: readonly NewRow[]): { segments: readonly Segment[]; data: Uint8Array } {
  const groups = groupBy(rows, ({ row }) => `${row.dataset} ${row.fileHourMs}`);
  const segments: Segment[] = [];
  const members: Uint8Array[] = [];
  let at = 0;
  for (const group of groups.values()) {
    const [first] = group;
    if (first === undefined) continue;
    const text = group.map(({ row }) => row.row).join("\n");
    const member = gzipSync(text, { level: 1 });
    segments.push({
      dataset: first.row.dataset,
      hourMs: first.row.fileHourMs,
      rows: group.length,
      serverRows: group.filter(({ row }) => row.keyKind === "server").length,
      textLength: text.length,
      at,
      bytes: member.length,
    });
    members.push(member);
    at += member.length;
  }
  return { segments, data: concatenate(members) };
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
