import { hourMs } from "@sluice/schema";

/*
 * How often cron rolls a project up. A roll-up reads what changed and writes the marts of whole days, so doing it after every
 * publication would cost more than taking the events in. A flush by the operator ignores the pace.
 */

/** Pause for each row that a run has read, ms: bounds the CPU time of roll-ups to about 1 %. */
const pauseMsPerRow = 0.5;
/** The longest pause because of its rows: a project of 100 million events a month reaches about an hour. */
const pauseMsMax = 2 * hourMs;
/** The longest pause because nobody asks. */
const unaskedPauseMsMax = hourMs;
/** A question for a project's numbers counts for so long. */
const askedSpanMs = hourMs;
/** Questions within such a span are noted once. */
const noteSpanMs = hourMs / 6;
/** Days before the changed ones are counted again, because somebody was identified, once in such a span. */
const recountSpanMs = 24 * hourMs;
/** Days that were complete, and that late events changed, are built again once in such a span. */
const lateSpanMs = 6 * hourMs;

/** Pace from the variable ROLLUP_SECONDS, in ms: the shortest pause between two runs of a project. 0, or no number: none. */
export function rollupPaceMs(text: string | undefined): number {
  return /^\d{1,5}$/.test(text ?? "") ? Number(text) * 1000 : 0;
}

/** When a project may be rolled up again, after a run that began at `startedMs` and read `rows` rows. */
export function nextRollupMs(startedMs: number, rows: number, paceMs: number): number {
  return paceMs === 0 ? startedMs : startedMs + Math.min(pauseMsMax, Math.max(paceMs, rows * pauseMsPerRow));
}

/** What decides whether it is a project's turn. */
export interface Turn {
  /** {@link nextRollupMs} of its last run; 0 before the first. */
  readonly dueMs: number;
  /** When its last run began. */
  readonly asOfMs: number;
  /** When somebody asked for its numbers; 0 for never. */
  readonly askedMs: number;
}

/**
 * Whether cron rolls a project up now. One for whose numbers nobody has asked for an hour pauses twice as long, an
 * hour at most: whoever asks then has newer ones within minutes.
 */
export function isDue({ dueMs, asOfMs, askedMs }: Turn, nowMs: number, paceMs: number): boolean {
  if (paceMs === 0) return true;
  const isAskedFor = nowMs - askedMs < askedSpanMs;
  const unaskedDueMs = Math.max(dueMs, Math.min(dueMs + paceMs, asOfMs + unaskedPauseMsMax));
  return nowMs >= (isAskedFor ? dueMs : unaskedDueMs);
}

/** Whether a question is to be noted, when the last one noted is from `askedMs`. */
export function isQuestionNoted(nowMs: number, askedMs: number): boolean {
  return nowMs - askedMs >= noteSpanMs;
}

/**
 * Whether a run also counts the days again that only a new link touches. A link reaches 30 days back, and some are new
 * in nearly every run; their effect on past days may come later than that on the days that changed.
 */
export function recountsLinkedDays(startedMs: number, lastRunMs: number, paceMs: number): boolean {
  return paceMs === 0 || isInNewSpan(startedMs, lastRunMs, recountSpanMs);
}

/**
 * Whether a run also builds the days again that were complete when the last run began. A few events that arrive late
 * would otherwise have the mart of their day, and those of the day before, counted and written every time that they are published.
 */
export function buildsLateDays(startedMs: number, lastRunMs: number, paceMs: number): boolean {
  return paceMs === 0 || isInNewSpan(startedMs, lastRunMs, lateSpanMs);
}

/**
 * Whether a run also counts weekly and monthly users, and who returned. That reads the marts of every day, however few
 * events are new.
 */
export function countsTrail(startedMs: number, lastRunMs: number, paceMs: number): boolean {
  return paceMs === 0 || isInNewSpan(startedMs, lastRunMs, lateSpanMs);
}

function isInNewSpan(nowMs: number, lastMs: number, spanMs: number): boolean {
  return Math.floor(nowMs / spanMs) !== Math.floor(lastMs / spanMs);
}
