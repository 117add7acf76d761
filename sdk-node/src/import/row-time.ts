import { parseTime } from "@sluice/schema";

/** Largest count of each unit since 1970, as far as it means what it says: above it the next unit is meant, below it 1973 is passed. */
const secondsMax = 1e11;
const millisecondsMax = 1e14;
const microsecondsMax = 1e17;

const dateMsMax = 8.64e15;

/**
 * The time of a row, ms since 1970; `null` when it is none.
 *
 * ISO 8601, also as databases print it (`2020-06-01 12:00:00+00`, `… UTC`), or a number, also as text, of seconds, milli-, micro- or
 * nanoseconds since 1970: exports of warehouses have all of them, and times between 1973 and 5138 cannot be mistaken for one another.
 */
export function rowTimeMs(value: unknown): number | null {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.getTime();
  if (typeof value !== "string") return timeOfNumber(Number(value));
  const text = value.trim();
  return /^\d{9,19}(?:\.\d+)?$/.test(text) ? timeOfNumber(Number(text)) : parseTime(isoOf(text));
}

function timeOfNumber(count: number): number | null {
  const size = Math.abs(count);
  const ms =
    size < secondsMax
      ? count * 1000
      : size < millisecondsMax
        ? count
        : size < microsecondsMax
          ? count / 1e3
          : count / 1e6;
  return Number.isFinite(ms) && Math.abs(ms) <= dateMsMax ? Math.floor(ms) : null;
}

/** ISO 8601 of what databases print: a zone behind a space, `UTC` for Z, hours without minutes. */
function isoOf(text: string): string {
  const [, time, zone] = /^(\S{10}[T ]\S+?) ?(UTC|Z|[+-]\d\d(?::?\d\d)?)$/i.exec(text) ?? [];
  if (time === undefined || zone === undefined) return text;
  if (/^(?:UTC|Z)$/i.test(zone)) return `${time}Z`;
  return zone.length === 3 ? `${time}${zone}:00` : `${time}${zone}`;
}
