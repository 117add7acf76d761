import { parseTime } from "@sluice/schema";

/** Milliseconds of one UTC day. */
export const dayMs = 86_400_000;

/** A day is complete once this long after its end everything published has been rolled up. */
export const graceMs = 2 * 3_600_000;

/** Whether a day is complete in numbers that hold everything published before `asOfMs`. What comes later is late. */
export function isComplete(dayStartMs: number, asOfMs: number): boolean {
  return dayStartMs + dayMs + graceMs <= asOfMs;
}

/** Start (ms) of the UTC day that holds `ms`. */
export function dayOf(ms: number): number {
  return Math.floor(ms / dayMs) * dayMs;
}

/** `YYYY-MM-DD` of a UTC day given by its start in ms. */
export function dayText(startMs: number): string {
  return new Date(startMs).toISOString().slice(0, 10);
}

/** Start (ms) of the day written `YYYY-MM-DD`, or `null` when there is no such day (2026-02-30). */
export function parseDay(text: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const ms = parseTime(text);
  return ms !== null && dayText(ms) === text ? ms : null;
}
