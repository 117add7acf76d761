import { quartersPerDay } from "./quarter-hours.ts";

/*
 * Counts by quarter hour of a UTC day, as packed rows of D1 hold them: quarter hour and count by turns, zeros left
 * out, e.g. `[36, 2, 40, 1]` for two events from 09:00 and one from 10:00 UTC.
 */

/** Counts by quarter hour: quarter hour and count by turns, ascending; without zeros. */
export type SlotCounts = readonly number[];

/** Counts while they are made: one number a quarter hour. */
export type SlotArray = Uint32Array;

/** No counts yet. */
export function newSlots(): SlotArray {
  return new Uint32Array(quartersPerDay);
}

/** Packs counts. */
export function packSlots(slots: SlotArray): number[] {
  const packed: number[] = [];
  for (const [quarter, count] of slots.entries()) if (count > 0) packed.push(quarter, count);
  return packed;
}

/** The counts of the quarter hours that `isKept`. */
export function keptSlots(packed: SlotCounts, isKept: (quarter: number) => boolean): SlotCounts {
  return packed.filter((_, at) => isKept(packed[at - (at % 2)] ?? 0));
}

/** Reads {@link packSlots}. */
export function unpackSlots(packed: SlotCounts): SlotArray {
  const slots = newSlots();
  for (let at = 0; at < packed.length; at += 2) slots[packed[at] ?? 0] = packed[at + 1] ?? 0;
  return slots;
}

/** Sum of the counts of the quarter hours from `first` (inclusive) to `end` (exclusive). */
export function sumSlots(packed: SlotCounts, first = 0, end = quartersPerDay): number {
  let sum = 0;
  for (let at = 0; at < packed.length; at += 2) {
    const quarter = packed[at] ?? 0;
    if (quarter >= first && quarter < end) sum += packed[at + 1] ?? 0;
  }
  return sum;
}
