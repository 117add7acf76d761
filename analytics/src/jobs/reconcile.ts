import { parsePartKey } from "@sluice/lake";
import { dayOf } from "../day.ts";
import { type InputPart, type ListedPart, listedParts, sameParts } from "../rollup-plan.ts";

/** A part as R2 lists it. */
export interface UploadedPart extends ListedPart {
  readonly uploadedMs: number;
}

/** What is compared: days by their start in ms. */
export interface Comparison {
  readonly listed: ReadonlyMap<number, readonly UploadedPart[]>;
  /** Parts that the days' roll-ups were built from. */
  readonly built: ReadonlyMap<number, readonly InputPart[]>;
  /** Days that wait to be built again anyway. */
  readonly waiting: ReadonlySet<number>;
  /** What was uploaded since then, ms, may still be on its way to the roll-up. */
  readonly quietSinceMs: number;
}

/** Parts by the UTC day that they belong to. */
export function partsByDay(parts: readonly UploadedPart[]): Map<number, UploadedPart[]> {
  const days = new Map<number, UploadedPart[]>();
  for (const part of parts) {
    const place = parsePartKey(part.key);
    if (place === null) continue;
    const day = dayOf(place.hourMs);
    const held = days.get(day);
    if (held === undefined) days.set(day, [part]);
    else held.push(part);
  }
  return days;
}

/** Days (ms, ascending) whose roll-ups were not built from the parts that the lake holds, and that no notice will mend. */
export function driftedDays({ listed, built, waiting, quietSinceMs }: Comparison): number[] {
  const days = [...new Set([...listed.keys(), ...built.keys()])].sort((a, b) => a - b);
  return days.filter((day) => {
    if (waiting.has(day)) return false;
    const parts = listedParts(listed.get(day) ?? []) as UploadedPart[];
    const inputs = built.get(day) ?? [];
    if (sameParts(parts, inputs)) return false;
    const known = new Map(inputs.map(({ key, etag }) => [key, etag]));
    const unknown = parts.filter(({ key, etag }) => known.get(key) !== etag);
    return unknown.length === 0 || unknown.some(({ uploadedMs }) => uploadedMs <= quietSinceMs);
  });
}
