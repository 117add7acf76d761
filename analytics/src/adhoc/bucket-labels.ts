import { dayMs, dayText } from "../day.ts";
import { firstOfPeriod, type Interval } from "../local-period.ts";
import { quarterMs } from "../quarter-hours.ts";
import { hourStart, localTimeText } from "../period.ts";
import type { LocalDays } from "../time-zone.ts";

/** Names the bucket of an instant: `2026-11-01` for day, week (its Monday) and month; `2026-11-01T13:00+05:45` for hours. */
export class BucketLabels {
  readonly #local: LocalDays;
  readonly #interval: Interval;
  readonly #held = new Map<number, string>();

  constructor(local: LocalDays, interval: Interval) {
    this.#local = local;
    this.#interval = interval;
  }

  /** Buckets begin on quarters of an hour in every zone, so that a quarter has one label. */
  of(ms: number): string {
    const quarter = Math.floor(ms / quarterMs) * quarterMs;
    const held = this.#held.get(quarter);
    if (held !== undefined) return held;
    const label = this.#labelOf(quarter);
    this.#held.set(quarter, label);
    return label;
  }

  #labelOf(quarter: number): string {
    if (this.#interval !== "hour") return dayText(firstOfPeriod(this.#interval, this.#local.dayOf(quarter)) * dayMs);
    return localTimeText(hourStart(quarter, this.#local), this.#local);
  }
}
