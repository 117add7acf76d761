import { ArrivalTally, countStream, type HourArrivals, type LedgerRow } from "@sluice/schema";
import { dayMs } from "./day.ts";
import type { HourRange } from "./hour-range.ts";

/** Age, in days from the end of the hour, at which a missing event can no longer be on its way: a queue keeps a message for 14. */
const lostAfterDays = 15;
/** Age at which the logs no longer know what is missing (`arrivalDaysKept` of the consumer). */
const knownForDays = 35;

/** What the logs of a project tell of a range of hours. */
export interface LedgerFacts {
  readonly rows: readonly LedgerRow[];
  readonly arrivals: readonly HourArrivals[];
  /** Rows in the logs that are in no file yet, of any hour. */
  readonly unpublished: number;
}

/** Counts of one source and hour of receipt. `received = stored + duplicate + rejected + inFlight + suspectedLost`. */
export interface LedgerAnswerRow {
  readonly source: string;
  readonly hour: string;
  readonly received: number;
  readonly stored: number;
  readonly duplicate: number;
  readonly rejected: number;
  readonly inFlight: number;
  /** `null` for hours of which it is no longer known. */
  readonly suspectedLost: number | null;
  /** Queue messages that have not been seen. */
  readonly missingMessages: number;
}

/** The ledger as the API answers it. Times are ISO 8601. */
export interface LedgerAnswer {
  readonly project: string;
  readonly from: string;
  readonly to: string;
  readonly asOf: string;
  readonly rows: readonly LedgerAnswerRow[];
  readonly totals: Omit<LedgerAnswerRow, "source" | "hour">;
  readonly unpublished: number;
}

/**
 * The ledger of a range. What the edge is known to have accepted is the larger of two counts: the events that its streams
 * state, and those that the logs have taken. The difference to the latter has not arrived: it is in flight while it still can
 * arrive, and suspected lost after that.
 *
 * @param source only this one; `null` for all.
 */
export function ledgerAnswer(
  project: string,
  range: HourRange,
  source: string | null,
  facts: LedgerFacts,
  nowMs: number,
): LedgerAnswer {
  const counts = new Map<string, Count>();
  const isAsked = (name: string): boolean => source === null || name === source;
  for (const row of facts.rows) if (isAsked(row.source)) addTaken(countOf(counts, row), row);
  // Each shard of a log sees a part of the same streams.
  const tally = new ArrivalTally();
  for (const arrivals of facts.arrivals) tally.add(arrivals);
  const { streams, untracked } = tally.arrivals();
  for (const entry of untracked) if (isAsked(entry.source)) countOf(counts, entry).accepted += entry.events;
  for (const stream of streams) {
    if (!isAsked(stream.source)) continue;
    const { events, missingMessages } = countStream(stream);
    const count = countOf(counts, stream);
    count.accepted += events;
    count.missingMessages += missingMessages;
  }
  const ordered = [...counts.values()].sort((a, b) => a.hourMs - b.hourMs || (a.source < b.source ? -1 : 1));
  const rows = ordered.filter(isAnything).map((count) => answerRow(count, nowMs));
  return {
    project,
    from: new Date(range.fromMs).toISOString(),
    to: new Date(range.toMs).toISOString(),
    asOf: new Date(nowMs).toISOString(),
    rows,
    totals: totalsOf(rows),
    unpublished: facts.unpublished,
  };
}

interface Count {
  readonly source: string;
  readonly hourMs: number;
  accepted: number;
  stored: number;
  duplicate: number;
  rejected: number;
  missingMessages: number;
}

function countOf(counts: Map<string, Count>, place: { readonly source: string; readonly hourMs: number }): Count {
  const { source, hourMs } = place;
  const key = `${source} ${hourMs}`;
  let count = counts.get(key);
  if (count === undefined) {
    count = { source, hourMs, accepted: 0, stored: 0, duplicate: 0, rejected: 0, missingMessages: 0 };
    counts.set(key, count);
  }
  return count;
}

function addTaken(count: Count, row: LedgerRow): void {
  count.stored += row.stored;
  count.duplicate += row.duplicate;
  count.rejected += row.rejected;
}

function isAnything(count: Count): boolean {
  return count.accepted > 0 || takenOf(count) > 0 || count.missingMessages > 0;
}

function takenOf(count: Count): number {
  return count.stored + count.duplicate + count.rejected;
}

function answerRow(count: Count, nowMs: number): LedgerAnswerRow {
  const { source, hourMs, stored, duplicate, rejected } = count;
  const taken = takenOf(count);
  const ageMs = nowMs - hourMs;
  // A log forgets when it next writes, and until then would count what others have forgotten.
  const isKnown = ageMs <= knownForDays * dayMs;
  const missing = isKnown ? Math.max(0, count.accepted - taken) : 0;
  const isLate = ageMs > lostAfterDays * dayMs;
  return {
    source,
    hour: new Date(hourMs).toISOString(),
    received: taken + missing,
    stored,
    duplicate,
    rejected,
    inFlight: isLate ? 0 : missing,
    suspectedLost: isKnown ? (isLate ? missing : 0) : null,
    missingMessages: isKnown ? count.missingMessages : 0,
  };
}

function totalsOf(rows: readonly LedgerAnswerRow[]): LedgerAnswer["totals"] {
  const sum = (name: "received" | "stored" | "duplicate" | "rejected" | "inFlight" | "missingMessages"): number =>
    rows.reduce((total, row) => total + row[name], 0);
  const lost = rows.map((row) => row.suspectedLost);
  return {
    received: sum("received"),
    stored: sum("stored"),
    duplicate: sum("duplicate"),
    rejected: sum("rejected"),
    inFlight: sum("inFlight"),
    suspectedLost: lost.includes(null) ? null : lost.reduce<number>((total, value) => total + (value ?? 0), 0),
    missingMessages: sum("missingMessages"),
  };
}
