import { type AppendRequest, type AppendRow, hourOf, type LedgerRow } from "@sluice/schema";
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
  readonly stored: number;
  readonly duplicate: number;
  readonly rejected: number;
  readonly skippedSlices: number;
  /** Indices of the slices that are left out whole: whether their ids were seen cannot be told before cold pages are read. */
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
  /** `null`: cannot be told before cold pages are read. */
  has(bucketMs: number, packed: Uint8Array, at: number): boolean | null;
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
  const asked = slices.size;
  const { known, unchecked } = knownRows(request, hashes.rows, slices, seen);
  for (const slice of unchecked) slices.delete(slice);
  const fresh = new SeenSet();
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
  const skippedSlices = request.slices.length - asked;
  return { rows, slices: [...slices], ledger: ledger.rows(), ...counts, skippedSlices, unchecked: [...unchecked] };
}

/** Indices of the rows whose ids were stored before, and of the slices that hold one of which that cannot be told. */
function knownRows(
  request: AppendRequest,
  packed: Uint8Array,
  slices: ReadonlySet<number>,
  seen: SeenBefore,
): { readonly known: ReadonlySet<number>; readonly unchecked: ReadonlySet<number> } {
  const known = new Set<number>();
  const unchecked = new Set<number>();
  for (const i of inOrderOfIds(request, packed)) {
    const row = request.rows[i];
    if (row === undefined || !slices.has(row.slice)) continue;
    const answer = seen.has(row.bucketHourMs, packed, i * hashBytes);
    if (answer === null) unchecked.add(row.slice);
    else if (answer) known.add(i);
  }
  return { known, unchecked };
}

/** Indices of the rows, those of neighbouring ids together: the page of ids that one of them needs serves the next. */
function inOrderOfIds({ rows }: AppendRequest, packed: Uint8Array): readonly number[] {
  const startOf = (i: number): number => ((packed[i * hashBytes] ?? 0) << 8) | (packed[i * hashBytes + 1] ?? 0);
  return rows
    .map((_, i) => i)
    .sort((a, b) => (rows[a]?.bucketHourMs ?? 0) - (rows[b]?.bucketHourMs ?? 0) || startOf(a) - startOf(b));
}

const nothing = { received: 0, stored: 0, duplicate: 0, rejected: 0 } as const;

/** Indices of the slices that were not taken before. */
export function newSlices(request: AppendRequest, packed: Uint8Array, taken: SeenBefore): Set<number> {
  const fresh = new SeenSet();
  const slices = new Set<number>();
  request.slices.forEach((slice, i) => {
    const bucketMs = hourOf(slice.receivedAtMs);
    const at = i * hashBytes;
    if (taken.has(bucketMs, packed, at) !== true && fresh.add(bucketMs, packed, at)) slices.add(i);
  });
  return slices;
}
