/** Milliseconds in one hour, the partition of the lake. */
export const hourMs = 3_600_000;

/** The ISO 8601 times that {@link parseTime} looks at; of those, days that do not exist are still refused. */
export const isoTimePattern =
  /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/i;

/**
 * Milliseconds since 1970 of an ISO 8601 time as SDKs send it, floored to the millisecond; `null` when
 * it is not one. A time without zone is UTC.
 */
export function parseTime(text: string): number | null {
  if (text.length > 40 || !isoTimePattern.test(text)) return null;
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
