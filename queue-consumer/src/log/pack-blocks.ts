import type { HourArrivals, LedgerRow } from "@sluice/schema";
import { groupBy } from "../group-by.ts";
import type { TakenSlice } from "./append-plan.ts";
import { type Block, type BucketCount, type BucketHashes, concatenate, type Segment } from "./block.ts";
import { type EventPick, packPicks, pickBytes, type Place } from "./block-data.ts";
import { rowTextPerBodyByte } from "./limits.ts";
import type { LogSlice } from "./packed-append.ts";
import { hashBytes } from "./seen-set.ts";

/** What one append stores. */
export interface BlockContent {
  readonly takenAtMs: number;
  readonly slices: readonly TakenSlice[];
  /** The request's event hashes, into which `slices` point. */
  readonly eventHashes: Uint8Array;
  readonly sliceHashes: readonly BucketHashes[];
  readonly ledger: readonly LedgerRow[];
  readonly arrivals?: HourArrivals;
}

/** What the first block of an append carries for all of them. */
type BlockHead = Pick<BlockContent, "sliceHashes" | "ledger" | "arrivals">;

/** Bounds of a block, in bytes; those of its bodies are decompressed, and a single body may exceed them. */
export interface BlockLimits {
  readonly bytesMax: number;
  readonly bodyBytesMax: number;
}

/** Packs an append into as few blocks as fit the bounds: one, but for large appends. The first carries slices and ledger. */
export function packBlocks(content: BlockContent, limits: BlockLimits): readonly Block[] {
  const blocks: Block[] = [];
  let open = new OpenBlock(content, content);
  for (const unit of content.slices.flatMap(unitsOf)) {
    if (!open.fits(unit, limits)) {
      blocks.push(open.close());
      open = new OpenBlock(content, { sliceHashes: [], ledger: [] });
    }
    open.add(unit);
  }
  blocks.push(open.close());
  for (const block of blocks) {
    // Sources and datasets are plain ASCII, so a character of the header is a byte.
    const bytes = JSON.stringify(block.header).length + block.hashes.length + block.data.length;
    if (bytes > limits.bytesMax) throw new Error(`a block of ${bytes} bytes`);
  }
  return blocks;
}

/** New events of one body: what a block takes as a whole. */
interface Unit {
  readonly slice: LogSlice;
  readonly body: LogSlice["bodies"][number];
  /** Indices into the slice's events. */
  readonly events: readonly number[];
  readonly hashesAt: number;
}

function unitsOf({ slice, fresh, hashesAt }: TakenSlice): readonly Unit[] {
  if (fresh.length === 0) return [];
  const unit = { slice, hashesAt };
  const [only] = slice.bodies;
  if (only !== undefined && slice.bodies.length === 1) return [{ ...unit, body: only, events: fresh }];
  const byBody = groupBy(fresh, (event) => segmentOf(slice, event).body);
  return [...byBody].flatMap(([index, events]) => {
    const body = slice.bodies[index];
    if (body === undefined) throw new Error("a segment names no body of its slice");
    return [{ ...unit, body, events }];
  });
}

/** New events of a unit by their segments. Mostly there is one. */
function bySegment({ slice, events }: Unit): Iterable<readonly [LogSlice["segments"][number], readonly number[]]> {
  const [only] = slice.segments;
  if (only !== undefined && slice.segments.length === 1) return [[only, events]];
  return groupBy(events, (event) => segmentOf(slice, event));
}

function segmentOf(slice: LogSlice, event: number): LogSlice["segments"][number] {
  const segment = slice.segments[slice.events.segments[event] ?? -1];
  if (segment === undefined) throw new Error("an event names no segment of its slice");
  return segment;
}

/** More than a segment, a bucket, and all else of a header takes: the exact size is checked in the end. */
const segmentHeaderBytes = 250;
const bucketHeaderBytes = 60;
const headerRestBytes = 20_000;

/** A block that is being filled. */
class OpenBlock {
  readonly #content: BlockContent;
  readonly #head: BlockHead;
  readonly #headBytes: number;
  readonly #pieces: Uint8Array[] = [];
  #dataBytes = 0;
  #bodyBytes = 0;
  #picksBytes = 0;
  /** Hashes of new events by bucket, as runs of the request's hashes: first and end of each. */
  readonly #ids = new Map<number, number[]>();
  #idCount = 0;
  readonly #segments = new Map<string, OpenSegment>();
  #receipt: { readonly of: LogSlice; readonly place: Place } | null = null;

  constructor(content: BlockContent, head: BlockHead) {
    this.#content = content;
    this.#head = head;
    this.#headBytes = headerRestBytes + JSON.stringify([head.ledger, head.arrivals]).length;
  }

  fits(unit: Unit, limits: BlockLimits): boolean {
    if (this.#pieces.length === 0) return true;
    const segments = Math.min(unit.events.length, unit.slice.segments.length);
    const headers =
      (this.#segments.size + segments) * segmentHeaderBytes +
      (this.#ids.size + bucketRuns(unit)) * bucketHeaderBytes +
      this.#headBytes;
    const picks = this.#picksBytes + segments * pickBytes(0) + unit.events.length * 2;
    const hashes = (this.#idCount + unit.events.length) * hashBytes;
    const data = this.#dataBytes + unit.slice.receiptJson.length + unit.body.gzip.length + picks;
    return headers + hashes + data <= limits.bytesMax && this.#bodyBytes + unit.body.bytes <= limits.bodyBytesMax;
  }

  add(unit: Unit): void {
    const { slice, body } = unit;
    if (this.#receipt?.of !== slice) this.#receipt = { of: slice, place: this.#put(slice.receiptJson) };
    const place = this.#put(body.gzip);
    this.#bodyBytes += body.bytes;
    const share = (body.bytes * rowTextPerBodyByte) / Math.max(1, body.events);
    for (const [segment, own] of bySegment(unit)) {
      const open = this.#segmentFor(segment);
      const positions = own.map((event) => slice.events.positions[event] ?? 0);
      open.picks.push({ receipt: this.#receipt.place, form: body.form, body: place, positions });
      open.rows += own.length;
      open.textLength += Math.ceil(own.length * share);
      if (slice.receipt.keyKind === "server") open.serverRows += own.length;
      else open.publicKeys.add(`${slice.receipt.source}.${slice.receipt.keySerial}`);
      this.#picksBytes += pickBytes(own.length);
    }
    this.#addHashes(unit);
  }

  close(): Block {
    const segments = [...this.#segments.values()].map(({ picks, publicKeys, ...segment }): Segment => {
      const place = this.#put(packPicks(picks));
      return { ...segment, publicKeys: [...publicKeys], ...place };
    });
    const ids = [...this.#ids].map(([bucketMs, runs]): BucketHashes => {
      const pieces: Uint8Array[] = [];
      for (let i = 0; i < runs.length; i += 2) pieces.push(this.#content.eventHashes.subarray(runs[i], runs[i + 1]));
      return { bucketMs, packed: concatenate(pieces) };
    });
    const { sliceHashes, ledger, arrivals } = this.#head;
    return {
      header: {
        takenAtMs: this.#content.takenAtMs,
        segments,
        ids: ids.map(countOf),
        slices: sliceHashes.map(countOf),
        ledger,
        ...(arrivals === undefined ? {} : { arrivals }),
      },
      hashes: concatenate([...ids, ...sliceHashes].map((bucket) => bucket.packed)),
      data: concatenate(this.#pieces),
    };
  }

  #put(piece: Uint8Array): Place {
    const place = { at: this.#dataBytes, bytes: piece.length };
    this.#pieces.push(piece);
    this.#dataBytes += piece.length;
    return place;
  }

  #segmentFor({ dataset, fileHourMs }: LogSlice["segments"][number]): OpenSegment {
    const key = `${dataset} ${fileHourMs}`;
    let segment = this.#segments.get(key);
    if (segment === undefined) {
      segment = {
        dataset,
        hourMs: fileHourMs,
        rows: 0,
        serverRows: 0,
        publicKeys: new Set(),
        textLength: 0,
        picks: [],
      };
      this.#segments.set(key, segment);
    }
    return segment;
  }

  #addHashes({ slice, events, hashesAt }: Unit): void {
    const { bucketHoursMs } = slice.events;
    let bucketMs: number | undefined;
    let runs: number[] = [];
    for (const event of events) {
      if (bucketHoursMs[event] !== bucketMs) {
        bucketMs = bucketHoursMs[event] ?? 0;
        runs = this.#runsOf(bucketMs);
      }
      const at = hashesAt + event * hashBytes;
      if (runs[runs.length - 1] === at) runs[runs.length - 1] = at + hashBytes;
      else runs.push(at, at + hashBytes);
    }
    this.#idCount += events.length;
  }

  #runsOf(bucketMs: number): number[] {
    let runs = this.#ids.get(bucketMs);
    if (runs === undefined) this.#ids.set(bucketMs, (runs = []));
    return runs;
  }
}

interface OpenSegment extends Pick<Segment, "dataset" | "hourMs"> {
  rows: number;
  serverRows: number;
  readonly publicKeys: Set<string>;
  textLength: number;
  readonly picks: EventPick[];
}

/** How often the bucket changes from event to event, which is at least the number of buckets. */
function bucketRuns({ slice, events }: Unit): number {
  let runs = 0;
  let last: number | undefined;
  for (const event of events) {
    const bucketMs = slice.events.bucketHoursMs[event];
    if (bucketMs !== last) runs += 1;
    last = bucketMs;
  }
  return runs;
}

function countOf(bucket: BucketHashes): BucketCount {
  return { bucketMs: bucket.bucketMs, count: bucket.packed.length / hashBytes };
}
