import { dayMs } from "../day.ts";

/** Lengths of the buckets that a question may ask for. Weeks begin on Monday (ISO 8601). */
export const intervals = ["hour", "day", "week", "month"] as const;
export type Interval = (typeof intervals)[number];

/** Zones change their offset on quarters of an hour, so that one is looked up once for each. */
const quarterMs = 900_000;
const hourMs = 3_600_000;
/** Offsets reach from −12 to +14 hours. */
const offsetMsMax = 15 * hourMs;

/** The clock of a time zone: an IANA name, by the runtime's own zone data. */
export class ZoneClock {
  readonly #format: Intl.DateTimeFormat;
  readonly #offsets = new Map<number, number>();
  readonly #labels = new Map<number, string>();

  #interval: Interval | null = null;

  private constructor(format: Intl.DateTimeFormat) {
    this.#format = format;
  }

  /** The clock of a zone, or `null` when there is no such zone. */
  static of(timezone: string): ZoneClock | null {
    if (!/^[A-Za-z][\w+/-]{0,63}$/.test(timezone)) return null;
    try {
      return new ZoneClock(
        new Intl.DateTimeFormat("en-US", {
          timeZone: timezone,
          hourCycle: "h23",
          ...{
            year: "numeric",
            month: "numeric",
            day: "numeric",
            hour: "numeric",
            minute: "numeric",
            second: "numeric",
          },
        }),
      );
    } catch {
      return null; // the only failure is a zone that the runtime does not know
    }
  }

  /** What the zone's clocks show at an instant, as if it were UTC. */
  localMs(ms: number): number {
    const quarter = Math.floor(ms / quarterMs) * quarterMs;
    let offset = this.#offsets.get(quarter);
    if (offset === undefined) {
      offset = this.#offsetAt(quarter);
      this.#offsets.set(quarter, offset);
    }
    return ms + offset;
  }

  /** The first instant of a local day, which is given as if it were UTC. */
  dayStart(localDayMs: number): number {
    let before = localDayMs - offsetMsMax;
    let after = localDayMs + offsetMsMax;
    while (after - before > quarterMs) {
      const middle = before + Math.floor((after - before) / 2 / quarterMs) * quarterMs;
      if (this.localMs(middle) >= localDayMs) after = middle;
      else before = middle;
    }
    return after;
  }

  /** The bucket of an instant: `2026-11-01` for day, week (its Monday) and month; `2026-11-01T13:00+05:45` for hours. */
  bucket(ms: number, interval: Interval): string {
    if (interval !== this.#interval) this.#labels.clear();
    this.#interval = interval;
    // Buckets begin on quarters of an hour in every zone, so that a quarter has one label.
    const quarter = Math.floor(ms / quarterMs) * quarterMs;
    const held = this.#labels.get(quarter);
    if (held !== undefined) return held;
    const local = this.localMs(quarter);
    const start = Math.floor(local / hourMs) * hourMs;
    const label = interval === "hour" ? hourLabel(start, local - quarter) : dateText(startOf(start, interval));
    this.#labels.set(quarter, label);
    return label;
  }

  #offsetAt(ms: number): number {
    const parts = new Map(this.#format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    return (
      Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second")) -
      Math.floor(ms / 1_000) * 1_000
    );
  }
}

function startOf(localMs: number, interval: Exclude<Interval, "hour">): number {
  const day = Math.floor(localMs / dayMs) * dayMs;
  if (interval === "day") return day;
  const date = new Date(day);
  if (interval === "month") return day - (date.getUTCDate() - 1) * dayMs;
  return day - ((date.getUTCDay() + 6) % 7) * dayMs;
}

function dateText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** With its offset, since an hour happens twice when clocks are set back. */
function hourLabel(localMs: number, offsetMs: number): string {
  const minutes = Math.abs(offsetMs) / 60_000;
  const pad = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  const offset = `${offsetMs < 0 ? "-" : "+"}${pad(minutes / 60)}:${pad(minutes % 60)}`;
  return `${new Date(localMs).toISOString().slice(0, 16)}${offset}`;
}
