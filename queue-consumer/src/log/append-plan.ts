import {
  arrivalsOf,
  ArrivalTally,
  type HourArrivals,
  hourMs,
  hourOf,
  type LedgerRow,
  undatedFromMs,
} from "@sluice/schema";
import { LedgerTally } from "./ledger.ts";
import type { LogRequest, LogSlice } from "./packed-append.ts";
import { databaseBytesMax, pendingSegmentsMax } from "./limits.ts";
import type { RequestHashes } from "./request-hashes.ts";
import { hashBytes, SeenSet } from "./seen-set.ts";

/** A slice that enters the log. */
export interface TakenSlice {
  readonly slice: LogSlice;
  /** Index into the request's slices. */
  readonly index: number;
  /** Indices into the slice's events of those that are new, ascending. */
  readonly fresh: readonly number[];
  /** Byte of the request's event hashes at which those of the slice begin. */
  readonly hashesAt: number;
}

/** What one append will store. */
export interface AppendPlan {
  readonly slices: readonly TakenSlice[];
  readonly ledger: readonly LedgerRow[];
  readonly arrivals: HourArrivals;
  readonly stored: number;
  readonly duplicate: number;
  readonly rejected: number;
  readonly skippedSlices: number;
  /** Indices of the slices that are left out whole: whether they or their ids were seen cannot be told now. */
  readonly unchecked: readonly number[];
}

/** Why a log takes nothing now, or `null`: its database is nearly full, or too much waits for publication. */
export function refusalOf(log: {
  readonly databaseBytes: number;
  readonly pendingSegments: number;
}): "full" | "overloaded" | null {
  if (log.databaseBytes >= databaseBytesMax) return "full";
  return log.pendingSegments >= pendingSegmentsMax ? "overloaded" : null;
}

/** What an append asks of the log's memory. */
export interface SeenBefore {
  /** `null`: cannot be told before cold pages are read, or before the parent shard has answered. */
  has(bucketMs: number, packed: Uint8Array, at: number): boolean | null;
}

/**
 * Decides what an append stores: slices taken before (or twice in this request) are skipped whole, of the rest
 * each id is stored once. Pure but for what `seen` and `taken` load.
 */
export function planAppend(
  request: Pick<LogRequest, "slices">,
  hashes: RequestHashes,
  seen: SeenBefore,
  taken: SeenBefore,
): AppendPlan {
  const { candidates, unknown } = newSlices(request, hashes.slices, taken);
  const { known, unchecked } = knownEvents(candidates, hashes.events, seen);
  const checked = candidates.filter(({ index }) => !unchecked.has(index));
  const fresh = new SeenSet(known.length);
  const ledger = new LedgerTally();
  const total = { stored: 0, duplicate: 0, rejected: 0 };
  const slices = checked.map(({ slice, index, hashesAt }): TakenSlice => {
    const counts = { stored: 0, duplicate: 0, rejected: 0 };
    const { bucketHoursMs, segments } = slice.events;
    const news: number[] = [];
    for (let i = 0; i < bucketHoursMs.length; i++) {
      const at = hashesAt + i * hashBytes;
      // Of an id that states no time, two copies may come on two days.
      const bucketMs = Math.min(bucketHoursMs[i] ?? 0, undatedFromMs);
      if (known[at / hashBytes] === 1 || !fresh.add(bucketMs, hashes.events, at)) counts.duplicate += 1;
      else {
        counts[slice.segments[segments[i] ?? -1]?.dataset === "events" ? "stored" : "rejected"] += 1;
        news.push(i);
      }
    }
    const { source, receivedAtMs } = slice.receipt;
    ledger.add({ source, hourMs: hourOf(receivedAtMs), received: bucketHoursMs.length, ...counts });
    total.stored += counts.stored;
    total.duplicate += counts.duplicate;
    total.rejected += counts.rejected;
    return { slice, index, fresh: news, hashesAt };
  });
  const skippedSlices = request.slices.length - candidates.length - unknown.length;
  return {
    slices,
    ledger: ledger.rows(),
    arrivals: arrivalsIn(checked),
    ...total,
    skippedSlices,
    unchecked: [...unknown, ...unchecked],
  };
}

/** What the taken slices tell of their streams; the events of slices without one are counted by themselves. */
function arrivalsIn(taken: readonly Candidate[]): HourArrivals {
  const tally = new ArrivalTally();
  for (const { slice } of taken) {
    const { isolateId, source, receivedAtMs, sequence, stream, eventCount } = slice.receipt;
    const message = { isolateId, source, receivedAtMs, sequence };
    const streams = arrivalsOf(
      stream === undefined ? message : { ...message, stream: { ...stream, events: eventCount } },
    );
    const untracked = { source, hourMs: hourOf(receivedAtMs), events: slice.events.positions.length };
    tally.add({ streams, untracked: streams.length === 0 ? [untracked] : [] });
  }
  return tally.arrivals();
}

/** A slice that was not taken before. */
export type Candidate = Omit<TakenSlice, "fresh">;

/**
 * For each event hash of the request, 1 where it was stored before; and the slices that hold one of which that cannot be
 * told. Asked in the order of ids: the page that one of them needs serves the next.
 */
function knownEvents(
  slices: readonly Candidate[],
  packed: Uint8Array,
  seen: SeenBefore,
): { readonly known: Uint8Array; readonly unchecked: ReadonlySet<number> } {
  const known = new Uint8Array(packed.length / hashBytes);
  const unchecked = new Set<number>();
  const bucketsMs = new Float64Array(known.length);
  const owners = new Uint32Array(known.length);
  const asked = new Uint32Array(known.length);
  let count = 0;
  for (const { slice, index, hashesAt } of slices) {
    const first = hashesAt / hashBytes;
    const end = first + slice.events.bucketHoursMs.length;
    bucketsMs.set(slice.events.bucketHoursMs, first);
    owners.fill(index, first, end);
    for (let event = first; event < end; event++) asked[count++] = event;
  }
  for (const event of inOrderOfIds(asked.subarray(0, count), bucketsMs, packed)) {
    const answer = seen.has(bucketsMs[event] ?? 0, packed, event * hashBytes);
    if (answer === null) unchecked.add(owners[event] ?? 0);
    else if (answer) known[event] = 1;
  }
  return { known, unchecked };
}

/** Bits of a sort key: a bucket's hour, in which 119 years are told apart, and what is left for hash and event. */
const hourBits = 20;
const keyBits = 53;

/** Events by bucket, then by how their hashes begin. Sorted as numbers, which takes a fraction of what a comparison function does. */
function inOrderOfIds(events: Uint32Array, bucketsMs: Float64Array, packed: Uint8Array): Uint32Array {
  const eventBits = 32 - Math.clz32(events.length);
  const startBits = Math.min(16, keyBits - hourBits - eventBits);
  const slots = 2 ** eventBits;
  const keys = new Float64Array(events.length);
  for (let i = 0; i < events.length; i++) {
    const event = events[i] ?? 0;
    const hour = Math.floor((bucketsMs[event] ?? 0) / hourMs) & (2 ** hourBits - 1);
    const start = ((packed[event * hashBytes] ?? 0) << 8) | (packed[event * hashBytes + 1] ?? 0);
    keys[i] = (hour * 2 ** startBits + (start >> (16 - startBits))) * slots + i;
  }
  keys.sort();
  const order = new Uint32Array(events.length);
  for (let i = 0; i < events.length; i++) {
    const key = keys[i] ?? 0;
    order[i] = events[key - Math.floor(key / slots) * slots] ?? 0; // exact, and faster than the remainder of a double
  }
  return order;
}

/** The slices that were not taken before, each once; and the indices of those of which that cannot be told. */
export function newSlices(
  request: Pick<LogRequest, "slices">,
  packed: Uint8Array,
  taken: SeenBefore,
): { readonly candidates: readonly Candidate[]; readonly unknown: readonly number[] } {
  const fresh = new SeenSet();
  const candidates: Candidate[] = [];
  const unknown: number[] = [];
  let hashesAt = 0;
  request.slices.forEach((slice, index) => {
    const bucketMs = hourOf(slice.receipt.receivedAtMs);
    const at = index * hashBytes;
    const isTaken = taken.has(bucketMs, packed, at);
    if (isTaken === null) unknown.push(index);
    if (isTaken === false && fresh.add(bucketMs, packed, at)) candidates.push({ slice, index, hashesAt });
    hashesAt += slice.events.positions.length * hashBytes;
  });
  return { candidates, unknown };
}
