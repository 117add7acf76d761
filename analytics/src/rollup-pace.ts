import { hourMs } from "@sluice/schema";

/*
 * How often cron rolls a project up. A roll-up reads the changed days whole, so doing it after every publication would
 * cost more than taking the events in. A flush by the operator ignores the pace.
 */

/** Pause for each row that a run has read, ms: bounds the CPU time of roll-ups to about 1 %. */
const pauseMsPerRow = 0.5;
/** The longest pause. */
const pauseMsMax = hourMs;
/** Days before the changed ones are counted again, because somebody was identified, once in such a span. */
const recountSpanMs = 24 * hourMs;

/** Pace from the variable ROLLUP_SECONDS, in ms: the shortest pause between two runs of a project. 0, or no number: none. */
export function rollupPaceMs(text: string | undefined): number {
  return /^\d{1,5}$/.test(text ?? "") ? Number(text) * 1000 : 0;
}

/** When a project may be rolled up again, after a run that began at `startedMs` and read `rows` rows. */
export function nextRollupMs(startedMs: number, rows: number, paceMs: number): number {
  return paceMs === 0 ? startedMs : startedMs + Math.min(pauseMsMax, Math.max(paceMs, rows * pauseMsPerRow));
}

/**
 * Whether a run also counts the days again that only a new link touches. A link reaches 30 days back, and some are new
 * in nearly every run; their effect on past days may come later than that on the days that changed.
 */
export function recountsLinkedDays(startedMs: number, lastRunMs: number, paceMs: number): boolean {
  return paceMs === 0 || Math.floor(startedMs / recountSpanMs) !== Math.floor(lastRunMs / recountSpanMs);
}
