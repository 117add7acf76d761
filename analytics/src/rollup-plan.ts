import { compareText, parsePartKey } from "@sluice/lake";
import type { HourChange } from "@sluice/schema";
import { dayOf } from "./day.ts";

/** How much a pass over rows or ids may hold in memory. */
export interface PassLimits {
  /** Ids of a day that its marts are built from at once. */
  readonly dayIdsMax: number;
  /** Ids of one or several days that a recount holds at once, beside their links. */
  readonly idsMax: number;
}

/** Ids of one pass unless configured otherwise: as many then fit a heap of 96 MB (`npm run bench -- analytics`). */
const idsPerPass = 400_000;

/** Limits from the variable IDS_PER_PASS; a text that is no positive number means the default. */
export function passLimits(text: string | undefined): PassLimits {
  const dayIdsMax = /^[1-9]\d{0,8}$/.test(text ?? "") ? Number(text) : idsPerPass;
  return { dayIdsMax, idsMax: Math.max(1, Math.floor((dayIdsMax * 3) / 8)) };
}

/** A part of the lake as a listing shows it. */
export interface ListedPart {
  readonly key: string;
  readonly etag: string;
  readonly size: number;
}

/** A part that a day was built from. */
export interface InputPart {
  readonly key: string;
  readonly etag: string;
  /** Highest block sequence of its log that the part includes: where live data begins. */
  readonly logSequence: number;
}

/** The UTC days (ms, ascending) whose events changed. Rejects have no roll-up. */
export function changedDays(changes: readonly HourChange[]): number[] {
  const events = changes.filter((change) => change.dataset === "events");
  return joinDays(
    events.map((change) => dayOf(change.hourMs)),
    [],
  );
}

/** Late days that a project may leave for a later run; further ones are built at once. */
export const lateDaysMax = 1_000;

/** Late days as D1 stores them. */
export function lateDaysText(days: readonly number[]): string {
  return JSON.stringify(days);
}

/** Reads {@link lateDaysText}. */
export function parseLateDays(text: string): number[] {
  return JSON.parse(text) as number[];
}

/** The days of both lists, each once, ascending. */
export function joinDays(some: readonly number[], others: readonly number[]): number[] {
  return [...new Set([...some, ...others])].sort((a, b) => a - b);
}

/** The parts of a listing, ordered by key; whatever else lies in the folder is left out. */
export function listedParts(objects: readonly ListedPart[]): ListedPart[] {
  return objects.filter((object) => parsePartKey(object.key) !== null).sort((a, b) => compareText(a.key, b.key));
}

/** Whether a day was built from exactly these parts, by the same definition. */
export function sameInputs(listed: readonly ListedPart[], definition: string, built: BuiltFrom): boolean {
  return definition === built.definition && sameParts(listed, built.parts);
}

/** Whether these are exactly the parts that a day was built from. */
export function sameParts(listed: readonly ListedPart[], built: readonly InputPart[]): boolean {
  return (
    listed.length === built.length &&
    listed.every((part, index) => part.key === built[index]?.key && part.etag === built[index]?.etag)
  );
}

/** What a day was built from. */
export interface BuiltFrom {
  /** What else its rows depend on: version of the marts and declared dimensions. */
  readonly definition: string;
  readonly parts: readonly InputPart[];
}

/** What a day's rows depend on beside its parts. */
export function definitionText(version: number, dimensions: readonly string[]): string {
  return [version, ...dimensions].join(" ");
}

/** Inputs as D1 stores them: the definition, then of each part the key without its day's prefix, the etag, the log sequence. */
export function inputsText({ definition, parts }: BuiltFrom, prefix: string): string {
  return JSON.stringify([
    definition,
    ...parts.map(({ key, etag, logSequence }) => [key.slice(prefix.length), etag, logSequence]),
  ]);
}

/** Reads {@link inputsText}; what older versions stored has no definition. */
export function parseInputs(text: string, prefix: string): BuiltFrom {
  const [definition, ...rows] = JSON.parse(text) as [string, ...[string, string, number][]];
  if (typeof definition !== "string") return { definition: "", parts: [] };
  return { definition, parts: rows.map(([key, etag, logSequence]) => ({ key: prefix + key, etag, logSequence })) };
}

/** Days that are recounted together, and in how many passes. */
export interface RecountGroup<Day> {
  readonly days: readonly Day[];
  /** 1, but for a single day with more ids than one pass may hold. */
  readonly slices: number;
}

/** Groups days, in order, so that the ids of each group and pass stay within `idsMax`. */
export function recountGroups<Day extends { readonly ids: number }>(
  days: readonly Day[],
  idsMax: number,
): RecountGroup<Day>[] {
  const groups: RecountGroup<Day>[] = [];
  let open: Day[] = [];
  let ids = 0;
  for (const day of days) {
    if (open.length > 0 && ids + day.ids > idsMax) {
      groups.push({ days: open, slices: slicesFor(ids, idsMax) });
      open = [];
      ids = 0;
    }
    open.push(day);
    ids += day.ids;
  }
  if (open.length > 0) groups.push({ days: open, slices: slicesFor(ids, idsMax) });
  return groups;
}

function slicesFor(ids: number, idsMax: number): number {
  return Math.max(1, Math.ceil(ids / idsMax));
}
