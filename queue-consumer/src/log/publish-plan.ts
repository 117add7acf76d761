import { hourMs as msPerHour } from "@sluice/schema";
import {
  growRatioMax,
  growRowsMin,
  markedTextLengthMin,
  partNumberMax,
  partRowsMax,
  partTextLengthMax,
  publicOldHoursPerTickMax,
  recentMsMax,
} from "./limits.ts";
import type { PendingHour, PendingSegment } from "./pending-hours.ts";

/** How often what is published. */
export interface PublishPolicy {
  readonly publishMs: number;
  readonly publishOldMs: number;
  readonly publishOldRows: number;
}

/**
 * The hours to publish at a tick: recent ones always, older ones when they are many or when one of them has waited long.
 * Older ones go together, since what is built from the lake is built anew for each day that changed. Of those that no
 * server key wrote to, each public key has a bounded number: whoever invents hours holds up nobody else's.
 */
export function dueHours(hours: readonly PendingHour[], nowMs: number, policy: PublishPolicy): readonly PendingHour[] {
  const oldHoursOf = new Map<string, number>();
  const isOldDue = hours.some((hour) => !isRecent(hour, nowMs) && nowMs - hour.firstTakenAtMs >= policy.publishOldMs);
  return hours.filter((hour) => {
    if (isRecent(hour, nowMs)) return true;
    const due = isOldDue || hour.rows >= policy.publishOldRows;
    if (!due || hour.serverRows > 0) return due;
    const keys = new Set(hour.segments.flatMap(({ segment }) => segment.publicKeys));
    const isDue = [...keys].some((key) => (oldHoursOf.get(key) ?? 0) < publicOldHoursPerTickMax);
    if (isDue) for (const key of keys) oldHoursOf.set(key, (oldHoursOf.get(key) ?? 0) + 1);
    return isDue;
  });
}

/** When the next tick is needed, or `null` when nothing waits. */
export function nextTickMs(hours: readonly PendingHour[], nowMs: number, policy: PublishPolicy): number | null {
  let next: number | null = null;
  for (const hour of hours) {
    const waitMs = isRecent(hour, nowMs) || hour.rows >= policy.publishOldRows ? policy.publishMs : policy.publishOldMs;
    const dueMs = hour.firstTakenAtMs + waitMs;
    if (next === null || dueMs < next) next = dueMs;
  }
  return next;
}

function isRecent(hour: PendingHour, nowMs: number): boolean {
  return nowMs - (hour.hourMs + msPerHour) <= recentMsMax;
}

/** Size of rows, stored or waiting: their number, and the characters of their text. */
export interface RowsSize {
  readonly rows: number;
  readonly textLength: number;
}

/** What one part may hold. */
export const partSizeMax: RowsSize = { rows: partRowsMax, textLength: partTextLengthMax };

/** Deaths in a row after which parts become no smaller: a sixteenth is little more than one block. */
const deathsMax = 4;

/**
 * What one part may hold in a log that died so many times in a row while it published: half as much each time, since it
 * may have died of the memory that parts take.
 */
export function partSizeAfter(deaths: number): RowsSize {
  const share = 2 ** -Math.min(deaths, deathsMax);
  return { rows: partSizeMax.rows * share, textLength: partSizeMax.textLength * share };
}

/** Whether so much is published that an object might die of it. */
export function isLarge(hours: readonly PendingHour[]): boolean {
  let textLength = 0;
  for (const hour of hours) {
    for (const { segment } of hour.segments) textLength += segment.textLength;
    if (textLength >= markedTextLengthMin) return true;
  }
  return false;
}

/** The waiting segments of an hour that go into one part: a prefix, so that one sequence says what is published. At least one. */
export function partPrefix(hour: PendingHour, max: RowsSize): readonly PendingSegment[] {
  let size: RowsSize = { rows: 0, textLength: 0 };
  let count = 0;
  for (const { segment } of hour.segments) {
    size = sumOf(size, segment);
    if (count > 0 && !fits(size, max)) break;
    count += 1;
  }
  return hour.segments.slice(0, count);
}

function sumOf(a: RowsSize, b: RowsSize): RowsSize {
  return { rows: a.rows + b.rows, textLength: a.textLength + b.textLength };
}

function fits(size: RowsSize, max: RowsSize): boolean {
  return size.rows <= max.rows && size.textLength <= max.textLength;
}

/** A part as the log last knew it. */
export interface PartState extends RowsSize {
  readonly part: number;
  /** Never written again: it is foreign, or was taken away. */
  readonly closed: boolean;
  readonly bytes: number;
  /** Etag of the confirmed object, or `null` when none is confirmed yet. */
  readonly etag: string | null;
  /** Highest block sequence of the hour that the object holds; 0 when none is confirmed. */
  readonly sequence: number;
}

/** Which part the rows go to, and whether its present rows are to be read and written with them. */
export interface PartChoice {
  readonly part: number;
  readonly grows: boolean;
}

/**
 * Grows the last part while that costs little (its rows are at most 6 times the waiting ones, or it becomes no larger than
 * `growRowsMin`) and it stays in bounds; else starts the next.
 */
export function choosePart(last: PartState | null, waiting: RowsSize, max: RowsSize): PartChoice {
  if (last === null) return { part: 0, grows: false };
  if (last.closed) return nextPart(last);
  if (last.etag === null) return { part: last.part, grows: false };
  const grown = sumOf(last, waiting);
  const isCheap = last.rows <= growRatioMax * waiting.rows || grown.rows <= growRowsMin;
  const grows = isCheap && fits(grown, max);
  return grows ? { part: last.part, grows } : nextPart(last);
}

function nextPart(last: PartState): PartChoice {
  if (last.part >= partNumberMax) throw new Error(`an hour has more than ${partNumberMax} parts`);
  return { part: last.part + 1, grows: false };
}

/** An object found at a part's key, as its metadata says. */
export interface StoredPart {
  readonly etag: string;
  readonly bytes: number;
  /** SHA-256 that R2 verified and keeps, hex; `null` for an object that was put without. */
  readonly sha256: string | null;
  readonly birthId: string | null;
  readonly sequence: number;
  readonly rows: number;
  readonly textLength: number;
}

/**
 * What to make of the object at a part's key, after a PUT whose end is unknown or whose condition failed.
 * `adopt`: this log wrote it, though it does not know yet. `unchanged`: the PUT did not happen; plan again.
 * `foreign`: leave it for ever and take the next number.
 */
export type StoredVerdict = "adopt" | "unchanged" | "foreign";

/**
 * Judges an object found at a part's key.
 *
 * An object with this log's birth id was written by this log, whose plan and blocks were durable before the PUT
 * left: its metadata say which blocks it holds. One that claims blocks the log never wrote (its storage was set
 * back) or fewer than were confirmed is treated as foreign; so is a confirmed part that is gone, since whoever took it away
 * meant it.
 */
export function judgeStored(
  stored: StoredPart | null,
  part: Pick<PartState, "etag" | "sequence">,
  log: { readonly birthId: string; readonly lastSequence: number },
  plan: { readonly sha256: string; readonly bytes: number } | null,
): StoredVerdict {
  if (stored === null) return part.etag === null ? "unchanged" : "foreign";
  if (stored.etag === part.etag) return "unchanged";
  if (stored.birthId !== log.birthId) return "foreign";
  if (plan !== null && stored.sha256 === plan.sha256 && stored.bytes === plan.bytes) return "adopt";
  return stored.sequence >= part.sequence && stored.sequence <= log.lastSequence && stored.sequence > 0
    ? "adopt"
    : "foreign";
}
