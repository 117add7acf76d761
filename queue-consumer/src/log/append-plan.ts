import {
  type AppendRequest,
  type AppendSlice,
  arrivalsOf,
  ArrivalTally,
  type HourArrivals,
  hourOf,
  type LedgerRow,
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
  has(bucketMs: number, packed: Uint8Array, at: number): boolean;
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
  const candidates = newSlices(request, hashes.slices, taken);
  const known = knownEvents(candidates, hashes.events, seen);
  const fresh = new FreshHashes();
  const ledger = new LedgerTally();
  const total = { stored: 0, duplicate: 0, rejected: 0 };
  const slices = candidates.map(({ slice, index, hashesAt }): TakenSlice => {
    const counts = { stored: 0, duplicate: 0, rejected: 0 };
    const { bucketHoursMs, segments } = slice.events;
    const news: number[] = [];
    for (let i = 0; i < bucketHoursMs.length; i++) {
      const at = hashesAt + i * hashBytes;
      if (known[at / hashBytes] === 1 || !fresh.add(bucketHoursMs[i] ?? 0, hashes.events, at)) counts.duplicate += 1;
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
  const skippedSlices = request.slices.length - slices.length;
  return { slices, ledger: ledger.rows(), arrivals: arrivalsIn(candidates), ...total, skippedSlices };
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

type Candidate = Omit<TakenSlice, "fresh">;

/**
 * For each event hash of the request, 1 where it was stored before. Asked bucket by bucket: two large buckets may not fit
 * into memory together, and events that alternate between them would load both anew for every event.
 */
function knownEvents(slices: readonly Candidate[], packed: Uint8Array, seen: SeenBefore): Uint8Array {
  const known = new Uint8Array(packed.length / hashBytes);
  const buckets = new Map<number, number[]>();
  for (const { slice, hashesAt } of slices) {
    const { bucketHoursMs } = slice.events;
    let bucketMs: number | null = null;
    let hashes: number[] = [];
    for (let i = 0; i < bucketHoursMs.length; i++) {
      const ms = bucketHoursMs[i] ?? 0;
      if (ms !== bucketMs) {
        hashes = buckets.get(ms) ?? [];
        buckets.set(ms, hashes);
        bucketMs = ms;
      }
      hashes.push(hashesAt + i * hashBytes);
    }
  }
  for (const [bucketMs, hashes] of buckets) {
    for (const at of hashes) if (seen.has(bucketMs, packed, at)) known[at / hashBytes] = 1;
  }
  return known;
}

function newSlices(request: AppendRequest, packed: Uint8Array, taken: SeenBefore): readonly Candidate[] {
  const fresh = new FreshHashes();
  const slices: Candidate[] = [];
  let hashesAt = 0;
  request.slices.forEach((slice, index) => {
    const bucketMs = hourOf(slice.receipt.receivedAtMs);
    const at = index * hashBytes;
    if (!taken.has(bucketMs, packed, at) && fresh.add(bucketMs, packed, at)) slices.push({ slice, index, hashesAt });
    hashesAt += slice.events.ids.length * hashBytes;
  });
  return slices;
}

/** Hashes new in this request, so that a pair within one request is found too. */
class FreshHashes {
  readonly #buckets = new Map<number, SeenSet>();

  add(bucketMs: number, packed: Uint8Array, at: number): boolean {
    let set = this.#buckets.get(bucketMs);
    if (set === undefined) this.#buckets.set(bucketMs, (set = new SeenSet()));
    return set.add(packed, at);
  }
}
