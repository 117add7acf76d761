import { parsePartKey } from "@sluice/lake";
import { hourMs } from "@sluice/schema";
import { dayOf } from "./day.ts";
import { quarterMs } from "./quarter-hours.ts";
import type { InputPart, ListedPart } from "./rollup-plan.ts";

/**
 * What of a day changed since it was built. Parts only grow: one that replaces another holds all of its rows, and none goes
 * away. So everything of the hours that did not change may be taken from what was built before.
 */
export interface DayChange {
  /** All parts of the hours in which one is new or was replaced. */
  readonly parts: readonly ListedPart[];
  /** Whether a quarter hour of the day, 0 to 95, lies in one of these hours. */
  readonly isChanged: (quarter: number) => boolean;
}

/**
 * What changed between the parts that a day was built from and those that it has now; `null` where nothing of it can be kept: a
 * part is gone, which the lake does not do by itself, or every hour changed.
 */
export function dayChange(listed: readonly ListedPart[], built: readonly InputPart[]): DayChange | null {
  const before = new Map(built.map(({ key, etag }) => [key, etag]));
  const now = new Set(listed.map(({ key }) => key));
  if (built.length === 0 || built.some(({ key }) => !now.has(key))) return null;
  const changed = new Set(listed.filter(({ key, etag }) => before.get(key) !== etag).map(({ key }) => hourOfPart(key)));
  const parts = listed.filter(({ key }) => changed.has(hourOfPart(key)));
  if (parts.length === listed.length) return null;
  return { parts, isChanged: (quarter) => changed.has(Math.floor((quarter * quarterMs) / hourMs)) };
}

/** Hour of its UTC day, 0 to 23. */
function hourOfPart(key: string): number {
  const place = parsePartKey(key);
  if (place === null) throw new Error("a day has a part whose key is none");
  return (place.hourMs - dayOf(place.hourMs)) / hourMs;
}
