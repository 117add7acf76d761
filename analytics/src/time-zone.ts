import { dayMs, dayText } from "./day.ts";
import { quarterMs, quarterOf, type QuarterMap, quarterRange, quartersPerDay } from "./quarter-hours.ts";

/*
 * Local days in any IANA time zone. A day is a number: days since 1970-01-01. It starts with the first instant at which
 * the zone's calendar shows it, whatever clocks do at midnight. The rules are those of the runtime's own time zone data.
 */

/** Before 2012 some zones changed their clocks at a minute past midnight, which quarter hours cannot hold. */
export const localDaysFromMs = Date.UTC(2012, 0, 1);

/** Why a question may not begin with a local day, or `null` when it may. */
export function refusedFirstDay(zone: string, localDay: number): string | null {
  if (zone === "UTC" || localDay * dayMs >= localDaysFromMs) return null;
  return `from must not be before ${dayText(localDaysFromMs)} in zones other than UTC.`;
}

/** Whether the runtime knows a zone by this name. Offsets (`+05:30`) are no zones. */
export function isTimeZone(text: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(text)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: text }).resolvedOptions().timeZone !== "";
  } catch {
    return false; // RangeError: the runtime has no such zone
  }
}

/** The quarter hours of one UTC day that belong to one local day. */
export interface DayPiece {
  readonly localDay: number;
  readonly quarters: QuarterMap;
}

/** The local days of one zone. Starts are kept once found. */
export class LocalDays {
  readonly zone: string;
  readonly #format: Intl.DateTimeFormat | null;
  readonly #starts = new Map<number, number>();

  /** @param zone a name for which {@link isTimeZone} holds. */
  constructor(zone: string) {
    this.zone = zone;
    const options = { timeZone: zone, calendar: "iso8601", numberingSystem: "latn" } as const;
    const day = { year: "numeric", month: "2-digit", day: "2-digit" } as const;
    const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
    this.#format = zone === "UTC" ? null : new Intl.DateTimeFormat("en", { ...options, ...day, ...time });
  }

  /** When a local day starts, ms; a whole quarter hour. */
  startMs(day: number): number {
    if (this.#format === null) return day * dayMs;
    const held = this.#starts.get(day);
    if (held !== undefined) return held;
    // Local midnight lies within 15 hours of that of UTC (offsets reach from -12:00 to +14:00).
    let before = day * dayMs - 15 * 3_600_000;
    let after = day * dayMs + 15 * 3_600_000;
    while (after - before > quarterMs) {
      const middle = before + Math.floor((after - before) / quarterMs / 2) * quarterMs;
      if (Math.floor(this.#shownMs(middle) / dayMs) >= day) after = middle;
      else before = middle;
    }
    this.#starts.set(day, after);
    return after;
  }

  /** The local day that holds an instant. */
  dayOf(timeMs: number): number {
    let day = Math.floor(timeMs / dayMs);
    while (this.startMs(day) > timeMs) day -= 1;
    while (this.startMs(day + 1) <= timeMs) day += 1;
    return day;
  }

  /** The local days that a UTC day reaches into, ascending, with the quarter hours that belong to each. */
  piecesOf(utcDayStartMs: number): DayPiece[] {
    const endMs = utcDayStartMs + dayMs;
    const pieces: DayPiece[] = [];
    for (let localDay = this.dayOf(utcDayStartMs); this.startMs(localDay) < endMs; localDay++) {
      const fromMs = Math.max(utcDayStartMs, this.startMs(localDay));
      const toMs = Math.min(endMs, this.startMs(localDay + 1));
      const end = toMs === endMs ? quartersPerDay : quarterOf(toMs);
      if (toMs > fromMs) pieces.push({ localDay, quarters: quarterRange(quarterOf(fromMs), end) });
    }
    return pieces;
  }

  /** How far the zone's clock is ahead of UTC at the start of a quarter hour, ms. */
  offsetMs(timeMs: number): number {
    return this.#shownMs(timeMs) - timeMs;
  }

  /** Date and time that the zone's clock shows at the start of a minute, as if it were UTC, ms. */
  #shownMs(timeMs: number): number {
    if (this.#format === null) return timeMs;
    const fields = { year: 0, month: 0, day: 0, hour: 0, minute: 0 };
    for (const { type, value } of this.#format.formatToParts(timeMs)) {
      if (Object.hasOwn(fields, type)) fields[type as keyof typeof fields] = Number(value);
    }
    return Date.UTC(fields.year, fields.month - 1, fields.day, fields.hour, fields.minute);
  }
}

/**
 * The release of the time zone data behind the answers: as the runtime states it, else what can be seen of it by the
 * last changes of rules.
 *
 * @param stated `process.versions.tz`, which workerd leaves empty.
 */
export function tzdataVersion(stated: string | undefined): string {
  if (stated !== undefined && stated !== "") return stated;
  if (isTimeZone("America/Coyhaique")) return "2025b or later";
  return "older than 2025b";
}
