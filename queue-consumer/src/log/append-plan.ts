import {
  type AppendRequest,
  type AppendSlice,
  arrivalsOf,
  ArrivalTally,
  type HourArrivals,
  hourOf,
  type LedgerRow,
  undatedFromMs,
} from "@sluice/schema";
import { LedgerTally } from "./ledger.ts";
import { databaseBytesMax, pendingSegmentsMax } from "./limits.ts";
import type { RequestHashes } from "./request-hashes.ts";
import { hashBytes, SeenSet } from "./seen-set.ts";

/** A slice that enters the log. */
export interface TakenSlice {
  readonly slice: AppendSlice;
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
  request: AppendRequest,
  hashes: RequestHashes,
  seen: SeenBefore,
  taken: SeenBefore,
): AppendPlan {
  const { candidates, unknown } = newSlices(request, hashes.slices, taken);
  const { known, unchecked } = knownEvents(candidates, hashes.events, seen);
  const checked = candidates.filter(({ index }) => !unchecked.has(index));
  const fresh = new SeenSet();
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
    const { stream, eventCount, ...receipt } = slice.receipt;
    const streams = arrivalsOf(
      stream === undefined ? receipt : { ...receipt, stream: { ...stream, events: eventCount } },
    );
    const untracked = {
      source: receipt.source,
      hourMs: hourOf(receipt.receivedAtMs),
      events: slice.events.ids.length,
    };
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
  const asked: number[] = [];
  for (const { slice, index, hashesAt } of slices) {
    const first = hashesAt / hashBytes;
    bucketsMs.set(slice.events.bucketHoursMs, first);
    owners.fill(index, first, first + slice.events.ids.length);
    for (let event = first; event < first + slice.events.ids.length; event++) asked.push(event);
  }
  const startOf = (event: number): number =>
    ((packed[event * hashBytes] ?? 0) << 8) | (packed[event * hashBytes + 1] ?? 0);
  asked.sort((a, b) => (bucketsMs[a] ?? 0) - (bucketsMs[b] ?? 0) || startOf(a) - startOf(b));
  for (const event of asked) {
    const answer = seen.has(bucketsMs[event] ?? 0, packed, event * hashBytes);
    if (answer === null) unchecked.add(owners[event] ?? 0);
    else if (answer) known[event] = 1;
  }
  return { known, unchecked };
}

/** The slices that were not taken before, each once; and the indices of those of which that cannot be told. */
export function newSlices(
  request: AppendRequest,
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
    hashesAt += slice.events.ids.length * hashBytes;
  });
  return { candidates, unknown };
}
