/** Milliseconds in one hour, the partition of the lake. */
export const hourMs = 3_600_000;
const minuteMs = 60_000;
const dayMs = 24 * hourMs;

/** The ISO 8601 times that {@link parseTime} looks at; of those, days that do not exist are still refused. */
export const isoTimePattern =
  /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/i;

/**
 * Milliseconds since 1970 of an ISO 8601 time as SDKs send it, floored to the millisecond; `null` when
 * it is not one: `YYYY-MM-DD`, then optionally `T` or a space and `HH:MM[:SS[.f]]` with one to nine digits
 * of fraction, then optionally `Z` or `±HH[:]MM`. A time without zone is UTC. Days that do not exist are none.
 *
 * Written out by hand because it runs for every event: one regular expression and `Date.parse` cost ten times as much.
 */
export function parseTime(text: string): number | null {
  const day = parseDay(text);
  if (day === null || text.length === 10) return day;
  const separator = text.charCodeAt(10);
  if ((separator | 0x20) !== letterT && separator !== space) return null;
  const hours = digits(text, 11, 2);
  const minutes = digits(text, 14, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || text.charCodeAt(13) !== colon) return null;
  let ms = day + hours * hourMs + minutes * minuteMs;
  let at = 16;
  if (text.charCodeAt(at) === colon) {
    const seconds = digits(text, 17, 2);
    if (seconds < 0 || seconds > 59) return null;
    ms += seconds * 1000;
    at = 19;
    if (text.charCodeAt(at) === dot) {
      const end = endOfDigits(text, at + 1);
      if (end === at + 1 || end > at + 1 + fractionDigitsMax) return null;
      ms += fractionMs(text, at + 1, end);
      at = end;
    }
  }
  const zone = zoneMs(text, at);
  return zone === null ? null : ms - zone;
}

const letterT = 0x74;
const letterZ = 0x7a;
const space = 0x20;
const colon = 0x3a;
const dot = 0x2e;
const dash = 0x2d;
const plus = 0x2b;
const fractionDigitsMax = 9;

/** Midnight UTC of the `YYYY-MM-DD` that a text begins with. */
function parseDay(text: string): number | null {
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  if (year < 0 || text.charCodeAt(4) !== dash || text.charCodeAt(7) !== dash) return null;
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  return daysFromEpoch(year, month, day) * dayMs;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days since 1970-01-01 in the proleptic Gregorian calendar: years begin in March, so that the leap day comes last. */
function daysFromEpoch(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** Offset of the zone that a text ends with at `at`; 0 for none and for `Z`; `null` when it is something else. */
function zoneMs(text: string, at: number): number | null {
  if (at === text.length) return 0;
  const first = text.charCodeAt(at);
  if ((first | 0x20) === letterZ) return at + 1 === text.length ? 0 : null;
  if (first !== plus && first !== dash) return null;
  const hours = digits(text, at + 1, 2);
  const minutesAt = text.charCodeAt(at + 3) === colon ? at + 4 : at + 3;
  const minutes = digits(text, minutesAt, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || minutesAt + 2 !== text.length) return null;
  return (first === plus ? 1 : -1) * (hours * hourMs + minutes * minuteMs);
}

/** The number that `count` digits at `at` make; -1 when they are not all digits. */
function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return -1; // also where the text has ended
    value = value * 10 + digit;
  }
  return value;
}

function endOfDigits(text: string, at: number): number {
  let end = at;
  while (text.charCodeAt(end) >= 0x30 && text.charCodeAt(end) <= 0x39) end++;
  return end;
}

/** The first three digits of a fraction, as milliseconds. */
function fractionMs(text: string, at: number, end: number): number {
  const kept = Math.min(3, end - at);
  return digits(text, at, kept) * (kept === 3 ? 1 : kept === 2 ? 10 : 100);
}

/** Start of the hour that holds `ms`. */
export function hourOf(ms: number): number {
  return Math.floor(ms / hourMs) * hourMs;
}
