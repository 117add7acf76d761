import { allCell } from "./cells.ts";
import { type AliasedIds, canonicalUser, type Link, linkWindowDays } from "./identity.ts";
import type { ActiveId } from "./marts.ts";
import { overlaps } from "./quarter-hours.ts";
import type { LocalDays } from "./time-zone.ts";
import { inSlice, type Slice } from "./user-fold.ts";

/** Who belongs together, as far as the counted ids are concerned. */
export interface Identities {
  /** The earliest identify per anonymous id. */
  readonly links: ReadonlyMap<string, Link>;
  readonly aliases: AliasedIds;
}

/** Whose activity counts, and as whose. */
export interface CountRule {
  readonly local: LocalDays;
  /** Bots count as well. */
  readonly includesBots: boolean;
  /** The currency that events without one count in. */
  readonly currency: string;
}

/** The users of a local day by cell. */
export type UsersByCell = Map<string, Set<string>>;

/**
 * Users of local days, as sets by cell, from the ids of UTC days: a local day reaches into two or three of those. Counting
 * one slice of users after the other and adding the sizes is exact, because a user belongs to one slice.
 */
export class DayUsers {
  readonly #rule: CountRule;
  readonly #slice: Slice;
  readonly #open = new Map<number, UsersByCell>();

  constructor(rule: CountRule, slice: Slice = { index: 0, count: 1 }) {
    this.#rule = rule;
    this.#slice = slice;
  }

  /** Adds the ids of a UTC day, all at once or some after the others. */
  add(utcDayStartMs: number, ids: readonly ActiveId[], { links, aliases }: Identities): void {
    const { local, includesBots } = this.#rule;
    const pieces = local.piecesOf(utcDayStartMs).map((piece) => {
      return { ...piece, linkedBeforeMs: local.startMs(piece.localDay + 1 + linkWindowDays) };
    });
    for (const id of ids) {
      if (id.isBot && !includesBots) continue;
      for (const { localDay, quarters, linkedBeforeMs } of pieces) {
        if (!overlaps(id.quarters, quarters)) continue;
        const user = canonicalUser(id, linkedBeforeMs, links, aliases);
        if (user !== null && inSlice(user, this.#slice)) this.#setOf(localDay, id.cell).add(user);
      }
    }
  }

  /** Users held now, each as often as it is in a set. */
  get held(): number {
    let held = 0;
    for (const cells of this.#open.values()) for (const users of cells.values()) held += users.size;
    return held;
  }

  /** Takes out the users of a day. */
  take(localDay: number): UsersByCell {
    const cells = this.#open.get(localDay) ?? new Map<string, Set<string>>();
    this.#open.delete(localDay);
    return cells;
  }

  #setOf(localDay: number, cell: string): Set<string> {
    const cells = this.#open.get(localDay) ?? new Map<string, Set<string>>();
    this.#open.set(localDay, cells);
    const key = cell === "paid=" ? `paid=${this.#rule.currency}` : cell;
    const users = cells.get(key) ?? new Set<string>();
    cells.set(key, users);
    return users;
  }
}

/** Users who paid, by currency: the sizes of the sets of paying. */
export function payingOf(sizes: ReadonlyMap<string, number>): [string, number][] {
  const paying = [...sizes].filter(([cell]) => cell.startsWith("paid="));
  return paying.map(([cell, size]): [string, number] => [cell.slice("paid=".length), size]).sort(byCurrency);
}

/** Active users: the size of the set of all. */
export function activeOf(sizes: ReadonlyMap<string, number>): number {
  return sizes.get(allCell) ?? 0;
}

function byCurrency([a]: readonly [string, number], [b]: readonly [string, number]): number {
  return a < b ? -1 : 1;
}
