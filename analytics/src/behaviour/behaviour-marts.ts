import { compareText, encodeTable, fileBytesMax, scanTable, type TableFile } from "@sluice/lake";
import { dayText } from "../day.ts";
import { type Session, sessionColumns } from "./session.ts";
import { compareStoredSteps, type Step, stepColumns } from "./step.ts";

/*
 * The behavioural marts as files: `step`, one row per active event of a UTC day, and `session`, one row per session that
 * began in it. A day with more rows than one pass may hold has several parts, one per slice of its devices. The same events
 * give the same bytes, in whatever order they arrived.
 */

/** Names of the behavioural marts. */
export type BehaviourMart = "step" | "session";

/** Raised when rows change their meaning: days are then built again. */
export const behaviourMartVersion = 1;

/** One object of a mart. */
export interface BehaviourPart {
  /** Number of the slice, from 0. */
  readonly index: number;
  readonly etag: string;
  readonly bytes: number;
}

/** `marts/step/project=P/dt=YYYY-MM-DD/part-00000.parquet`, likewise for `session`. */
export function behaviourKey(mart: BehaviourMart, project: string, dayStartMs: number, index: number): string {
  return `marts/${mart}/project=${project}/dt=${dayText(dayStartMs)}/part-${String(index).padStart(5, "0")}.parquet`;
}

const metadata = { "sluice.mart": String(behaviourMartVersion) };

/** Encodes a part of `step`; sorts. */
export function encodeSteps(steps: readonly Step[]): Uint8Array<ArrayBuffer> {
  const sortedBy = ["anonymous_id", "time", "message_id"] as const;
  return bounded(encodeTable(stepColumns, steps.toSorted(compareStoredSteps), { metadata, sortedBy }));
}

/** Encodes a part of `session`; sorts. */
export function encodeSessions(sessions: readonly Session[]): Uint8Array<ArrayBuffer> {
  const sorted = sessions.toSorted((a, b) => {
    return compareText(a.anonymous_id, b.anonymous_id) || a.start_time - b.start_time;
  });
  return bounded(encodeTable(sessionColumns, sorted, { metadata, sortedBy: ["anonymous_id", "start_time"] }));
}

/** The steps of a part, one row group after the other. */
export function scanSteps(file: TableFile): AsyncGenerator<Step[]> {
  return scanTable(
    file,
    stepColumns,
    stepColumns.map((column) => column.name),
  );
}

/** The sessions of a part, likewise. */
export function scanSessions(file: TableFile): AsyncGenerator<Session[]> {
  return scanTable(
    file,
    sessionColumns,
    sessionColumns.map((column) => column.name),
  );
}

/** Parts as D1 stores them. */
export function behaviourPartsText(parts: readonly BehaviourPart[]): string {
  return JSON.stringify(parts.map(({ index, etag, bytes }) => [index, etag, bytes]));
}

/** Reads {@link behaviourPartsText}. */
export function parseBehaviourParts(text: string): BehaviourPart[] {
  return (JSON.parse(text) as [number, string, number][]).map(([index, etag, bytes]) => ({ index, etag, bytes }));
}

/** A reader refuses larger files, so none may be written. */
function bounded(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (bytes.byteLength > fileBytesMax) throw new RangeError("a part of a mart is too large to be read");
  return bytes;
}
