import { dayMs } from "./day.ts";

/*
 * Quarter hours of a UTC day, numbered 0 to 95. Every zone of today is a whole number of them away from UTC, so that
 * counts and activity by quarter hour answer questions of any local day.
 */

/** Milliseconds of a quarter hour. */
export const quarterMs = 900_000;
/** Quarter hours of a UTC day. */
export const quartersPerDay = 96;

/** Quarter hours of a day as a set of 96 bits: four numbers of 24 bits, six hours each, the earliest bit lowest. */
export type QuarterMap = readonly [number, number, number, number];

/** The quarter hour of its UTC day that holds `timeMs`. */
export function quarterOf(timeMs: number): number {
  return Math.floor(timeMs / quarterMs) - Math.floor(timeMs / dayMs) * quartersPerDay;
}

/** The quarter hours from `first` (inclusive) to `end` (exclusive). */
export function quarterRange(first: number, end: number): QuarterMap {
  const part = (index: number): number => bitsBelow(end - index * 24) & ~bitsBelow(first - index * 24);
  return [part(0), part(1), part(2), part(3)];
}

/** Whether two sets share a quarter hour. */
export function overlaps(a: QuarterMap, b: QuarterMap): boolean {
  return ((a[0] & b[0]) | (a[1] & b[1]) | (a[2] & b[2]) | (a[3] & b[3])) !== 0;
}

/** The set as two numbers of 48 bits, which is how the mart stores it: before noon and from noon on. */
export function halvesOf(map: QuarterMap): readonly [number, number] {
  return [map[0] + map[1] * 2 ** 24, map[2] + map[3] * 2 ** 24];
}

/** Reads {@link halvesOf}. */
export function mapOfHalves(beforeNoon: number, fromNoon: number): QuarterMap {
  const low = (half: number): number => half % 2 ** 24;
  const high = (half: number): number => Math.floor(half / 2 ** 24);
  return [low(beforeNoon), high(beforeNoon), low(fromNoon), high(fromNoon)];
}

function bitsBelow(count: number): number {
  if (count <= 0) return 0;
  return count >= 24 ? 0xffffff : (1 << count) - 1;
}
