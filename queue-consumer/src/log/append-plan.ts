import {
  type AppendRequest,
  type AppendRow,
  arrivalsOf,
  ArrivalTally,
  type HourArrivals,
  hourOf,
  type LedgerRow,
} from "@sluice/schema";
import { groupBy } from "../group-by.ts";
import { LedgerTally } from "./ledger.ts";
import { databaseBytesMax, pendingSegmentsMax } from "./limits.ts";
import { hashBytes, SeenSet } from "./seen-set.ts";

/** A row that enters the log. */
export interface NewRow {
  readonly row: AppendRow;
  /** Byte of the request's `rowHashes` at which its hash stands. */
  readonly hashAt: number;
}

/** What one append will store. */
export interface AppendPlan {
  readonly rows: readonly NewRow[];
  /** Indices of the slices taken by this append. */
  readonly slices: readonly number[];
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

/** Hashes of a request, packed in the order of its rows and slices. */
export interface RequestHashes {
  readonly rows: Uint8Array;
  readonly slices: Uint8Array;
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
  const slices = newSlices(request, hashes.slices, taken);
  const fresh = new FreshHashes();
  const known = knownRows(request, hashes.rows, slices, seen);
  const ledger = new LedgerTally();
  const rows: NewRow[] = [];
  const counts = { stored: 0, duplicate: 0, rejected: 0 };
  request.rows.forEach((row, i) => {
    const slice = request.slices[row.slice];
    if (slice === undefined) throw new Error(`append row ${i} names slice ${row.slice} of ${request.slices.length}`);
    if (!slices.has(row.slice)) return;
    const hashAt = i * hashBytes;
    const isNew = !known.has(i) && fresh.add(row.bucketHourMs, hashes.rows, hashAt);
    const outcome = !isNew ? "duplicate" : row.dataset === "events" ? "stored" : "rejected";
    if (isNew) rows.push({ row, hashAt });
    counts[outcome]++;
    ledger.add({ ...nothing, source: slice.source, hourMs: hourOf(slice.receivedAtMs), received: 1, [outcome]: 1 });
  });
  const skippedSlices = request.slices.length - slices.size;
  const arrivals = plannedArrivals(request, slices);
  return { rows, slices: [...slices], ledger: ledger.rows(), arrivals, ...counts, skippedSlices };
}

/** What the taken slices tell of their streams; the events of slices without one are counted by themselves. */
function plannedArrivals(request: AppendRequest, slices: ReadonlySet<number>): HourArrivals {
  const tally = new ArrivalTally();
  const withoutStream = new Set<number>();
  for (const index of slices) {
    const slice = request.slices[index];
    if (slice === undefined) continue;
    const streams = arrivalsOf(slice);
    if (streams.length === 0) withoutStream.add(index);
    else tally.add({ streams, untracked: [] });
  }
  if (withoutStream.size === 0) return tally.arrivals();
  for (const row of request.rows) {
    const slice = request.slices[row.slice];
    if (slice === undefined || !withoutStream.has(row.slice)) continue;
    const { source, receivedAtMs } = slice;
    tally.add({ streams: [], untracked: [{ source, hourMs: hourOf(receivedAtMs), events: 1 }] });
  }
  return tally.arrivals();
}

/**
 * Indices of the rows whose ids were stored before. Asked bucket by bucket: two large buckets may not fit into memory
 * together, and rows that alternate between them would load both anew for every row.
 */
function knownRows(
  request: AppendRequest,
  packed: Uint8Array,
  slices: ReadonlySet<number>,
  seen: SeenBefore,
): ReadonlySet<number> {
  const known = new Set<number>();
  const asked = request.rows.map((row, i) => ({ row, i })).filter(({ row }) => slices.has(row.slice));
  for (const [bucketMs, rows] of groupBy(asked, ({ row }) => row.bucketHourMs)) {
    for (const { i } of rows) if (seen.has(bucketMs, packed, i * hashBytes)) known.add(i);
  }
  return known;
}

const nothing = { received: 0, stored: 0, duplicate: 0, rejected: 0 } as const;

function newSlices(request: AppendRequest, packed: Uint8Array, taken: SeenBefore): ReadonlySet<number> {
  const fresh = new FreshHashes();
  const slices = new Set<number>();
  request.slices.forEach((slice, i) => {
    const bucketMs = hourOf(slice.receivedAtMs);
    const at = i * hashBytes;
    if (!taken.has(bucketMs, packed, at) && fresh.add(bucketMs, packed, at)) slices.add(i);
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
