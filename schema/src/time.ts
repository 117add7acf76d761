/** Milliseconds in one hour, the partition of the lake. */
export const hourMs = 3_600_000;

const isoPattern = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/i;

/**
 * Milliseconds since 1970 of an ISO 8601 time as SDKs send it, floored to the millisecond; `null` when
 * it is not one. A time without zone is UTC.
 */
export function parseTime(text: string): number | null {
  return parsePlainTime(text) ?? parseAnyTime(text);
}

/**
 * The form that `toISOString` writes and nearly every SDK sends, `YYYY-MM-DDTHH:MM:SS.mmmZ`, read at a tenth of the cost.
 * `null` for every other form, and for numbers that need a second look.
 */
function parsePlainTime(text: string): number | null {
  if (text.length !== 24) return null;
  for (let i = 0; i < 24; i++) {
    const unit = text.charCodeAt(i);
    const expected = plainForm.charCodeAt(i);
    if (expected === digitZero ? unit < digitZero || unit > digitZero + 9 : unit !== expected) return null;
  }
  const year = numberAt(text, 0, 4);
  const month = numberAt(text, 5, 2);
  const day = numberAt(text, 8, 2);
  const hour = numberAt(text, 11, 2);
  const minute = numberAt(text, 14, 2);
  const second = numberAt(text, 17, 2);
  const isPlain = year >= 100 && month >= 1 && month <= 12 && day >= 1 && day <= 28; // a later day may not exist
  if (!isPlain || hour > 23 || minute > 59 || second > 59) return null;
  return Date.UTC(year, month - 1, day, hour, minute, second, numberAt(text, 20, 3));
}

const plainForm = "0000-00-00T00:00:00.000Z";
const digitZero = 0x30;

function numberAt(text: string, start: number, length: number): number {
  let number = 0;
  for (let i = start; i < start + length; i++) number = number * 10 + text.charCodeAt(i) - digitZero;
  return number;
}

function parseAnyTime(text: string): number | null {
  if (text.length > 40 || !isoPattern.test(text)) return null;
  const hasTime = text.length > 10;
  const hasZone = hasTime && /(?:Z|[+-]\d{2}:?\d{2})$/i.test(text.slice(10));
  const ms = Date.parse(hasTime && !hasZone ? `${text.replace(" ", "T")}Z` : text.replace(" ", "T"));
  return Number.isNaN(ms) || !isCalendarDay(text.slice(0, 10)) ? null : ms;
}

/** Whether a `YYYY-MM-DD` exists: `Date.parse` takes February 30 for March 2. */
function isCalendarDay(day: string): boolean {
  const ms = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
}

/** Start of the hour that holds `ms`. */
export function hourOf(ms: number): number {
  return Math.floor(ms / hourMs) * hourMs;
}
