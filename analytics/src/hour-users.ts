import { dayMs } from "./day.ts";
import { canonicalUser, linkWindowDays } from "./identity.ts";
import type { ActiveId } from "./marts.ts";
import type { Period } from "./period.ts";
import { overlaps, quarterOf, quarterRange, quartersPerDay } from "./quarter-hours.ts";
import type { CountRule, Identities } from "./user-count.ts";

/** Users of local hours, as sets, from the ids of UTC days: a mart tells each id's active quarter hours. */
export class HourUsers {
  readonly #rule: CountRule;
  readonly #hours: readonly { readonly period: Period; readonly users: Set<string> }[];

  constructor(hours: readonly Period[], rule: CountRule) {
    this.#rule = rule;
    this.#hours = hours.map((period) => ({ period, users: new Set<string>() }));
  }

  /** Adds the ids of a UTC day that are of the cell of all events. */
  add(utcDayStartMs: number, ids: readonly ActiveId[], { links, aliases }: Identities): void {
    const { local, includesBots } = this.#rule;
    const endMs = utcDayStartMs + dayMs;
    const pieces = this.#hours
      .filter(({ period }) => period.fromMs < endMs && period.toMs > utcDayStartMs)
      .map(({ period: { fromMs, toMs, firstDay }, users }) => {
        const first = quarterOf(Math.max(fromMs, utcDayStartMs));
        const end = toMs >= endMs ? quartersPerDay : quarterOf(toMs);
        const linkedBeforeMs = local.startMs(firstDay + 1 + linkWindowDays);
        return { users, quarters: quarterRange(first, end), linkedBeforeMs };
      });
    for (const id of ids) {
      if (id.isBot && !includesBots) continue;
      for (const { users, quarters, linkedBeforeMs } of pieces) {
        if (!overlaps(id.quarters, quarters)) continue;
        const user = canonicalUser(id, linkedBeforeMs, links, aliases);
        if (user !== null) users.add(user);
      }
    }
  }

  /** Users held now, each as often as it is in a set. */
  get held(): number {
    return this.#hours.reduce((sum, { users }) => sum + users.size, 0);
  }

  /** Users by the start of the hour, ms. */
  counts(): ReadonlyMap<number, number> {
    return new Map(this.#hours.map(({ period, users }) => [period.fromMs, users.size]));
  }
}
