import { compareText, formatDecimal } from "@sluice/lake";
import { type ActorKind, CellEntries } from "./cell-entries.ts";
import { type CellRow, cellsOf, CellTexts, isActiveType, paidCell } from "./cells.ts";
import type { Dimension } from "./dimensions.ts";
import { keepEarliest, type Link, linkKey, type LinkingRow, linkOf } from "./identity.ts";
import { countedEvents } from "./metrics.ts";
import { microsOf } from "./money.ts";
import { type QuarterMap, quarterOf } from "./quarter-hours.ts";
import { hashText } from "./slice-hash.ts";

/** Slices of a day at most: 400 million entries at 400,000 a slice. */
const sliceCountMax = 1024;

/** The columns of an event that the marts of users and links need. */
export interface IdentifiedRow extends CellRow, LinkingRow {
  readonly is_bot: boolean;
  readonly revenue: string | null;
}

/** One id in one cell of one day: `userId`, or `anonymousId` where the events had no user id; exactly one is set. */
export interface UserDay {
  readonly cell: string;
  readonly userId: string | null;
  readonly anonymousId: string | null;
  /** Whether its events were flagged as those of a bot. */
  readonly isBot: boolean;
  /** Quarter hours with events that make it active; of a cell of paying, with an Order Completed. */
  readonly quarters: QuarterMap;
  /** Of a cell of paying: revenue less refunds by quarter hour, decimal text; else empty. */
  readonly revenue: readonly (readonly [number, string])[];
}

/** Which ids belong to a slice of a day that is built in several passes. The count is a power of two. */
export interface Slice {
  readonly index: number;
  readonly count: number;
}

/** What cells of paying begin with. */
const anyPaidCell = paidCell("");
const noRevenue: UserDay["revenue"] = [];

/**
 * Folds one day's events into its ids by cell and its links, for the ids of one slice. Commutative: any order of rows
 * gives the same result. Memory grows with the ids of the slice and their cells, not with events.
 *
 * A fold with a bound halves its slice whenever it holds more entries than that. Which slice it ends with depends on the
 * set of entries alone: it is the largest, of those that halving leads to, whose entries are within the bound.
 */
export class UserFold {
  #slice: Slice;
  readonly #entriesMax: number;
  readonly #dimensions: readonly Dimension[];
  #cells = new CellEntries();
  readonly #links = new Map<string, Link>();
  readonly #cellTexts = new CellTexts();

  constructor(slice: Slice, entriesMax = Number.POSITIVE_INFINITY, dimensions: readonly Dimension[] = []) {
    this.#slice = slice;
    this.#entriesMax = entriesMax;
    this.#dimensions = dimensions;
  }

  /**
   * Begins with what is known of the day's ids and links already, of which the quarter hours that `isAddedAnew` are about to be
   * added whole: a bit that is set stays so, but sums begin again.
   */
  resume(users: readonly UserDay[], isAddedAnew: (quarter: number) => boolean): void {
    for (const { cell, userId, anonymousId, isBot, quarters, revenue } of users) {
      const id = this.#idOf(kindOf(userId === null, isBot), userId ?? anonymousId ?? "");
      if (id === null) continue;
      const entry = this.#cells.entryOf(id, cell);
      this.#cells.setQuarters(entry, quarters);
      for (const [quarter, sum] of revenue) {
        if (!isAddedAnew(quarter)) this.#cells.addSum(entry, quarter, microsOf(sum) ?? 0n);
      }
    }
    this.#bound();
  }

  /** Likewise, links. */
  resumeLinks(links: readonly Link[]): void {
    for (const link of links) if (inSlice(link.anonymousId, this.#slice)) keepEarliest(this.#links, link);
    this.#bound();
  }

  /** The slice whose ids it holds: all of them, unless they were too many. */
  get slice(): Slice {
    return this.#slice;
  }

  add(row: IdentifiedRow): void {
    const id = row.user_id ?? row.anonymous_id;
    if (id !== null) this.#addTo(this.#idOf(kindOf(row.user_id === null, row.is_bot), id), row);
    const link = linkOf(row);
    if (link !== null && inSlice(link.anonymousId, this.#slice)) keepEarliest(this.#links, link);
    this.#bound();
  }

  /** Gives up its ids and links, which have been taken: a pass over the next slice needs their memory. */
  clear(): void {
    this.#cells = new CellEntries();
    this.#links.clear();
  }

  /** Ordered by cell, people before bots, user ids before anonymous ids, then by id, each by code point. */
  *users(): Generator<UserDay> {
    for (const { cell, kind, id, quarters, sums } of this.#cells.inOrder()) {
      const [userId, anonymousId] = isAnonymous(kind) ? [null, id] : [id, null];
      yield { cell, userId, anonymousId, isBot: isBotKind(kind), quarters, revenue: revenueOf(sums) };
    }
  }

  /** How many {@link users} there are. */
  get userCount(): number {
    return this.#cells.size;
  }

  /** Ordered by anonymous id; identifies, then aliases. */
  links(): Link[] {
    return [...this.#links.values()].sort((a, b) => compareText(linkKey(a), linkKey(b)));
  }

  #addTo(id: number | null, row: IdentifiedRow): void {
    if (id === null) return;
    const quarter = quarterOf(row.time);
    const isActive = isActiveType(row.type);
    for (const cell of cellsOf(row, this.#dimensions, this.#cellTexts)) {
      const entry = this.#cells.entryOf(id, cell);
      if (cell.startsWith(anyPaidCell)) this.#addPayment(entry, row, quarter);
      else if (isActive) this.#cells.mark(entry, quarter);
    }
  }

  #addPayment(entry: number, row: IdentifiedRow, quarter: number): void {
    const micros = row.revenue === null ? 0n : (microsOf(row.revenue) ?? 0n);
    const isOrder = row.event === countedEvents.orderCompleted;
    if (isOrder) this.#cells.mark(entry, quarter);
    this.#cells.addSum(entry, quarter, isOrder ? micros : -micros);
  }

  /** The number of an id, which is given one where it has none; `null` for an id of another slice. */
  #idOf(kind: ActorKind, id: string): number | null {
    const number = this.#cells.idNumber(kind, id);
    if (number !== undefined) return number;
    return inSlice(id, this.#slice) ? this.#cells.addId(kind, id) : null;
  }

  #bound(): void {
    // Below one id a slice, halving further would never end: equal hashes stay together.
    while (this.#cells.size + this.#links.size > this.#entriesMax && this.#slice.count < sliceCountMax) this.#halve();
  }

  #halve(): void {
    this.#slice = { index: this.#slice.index, count: this.#slice.count * 2 };
    for (const link of this.#links.values()) {
      if (!inSlice(link.anonymousId, this.#slice)) this.#links.delete(linkKey(link));
    }
    this.#cells = this.#cells.only((id) => inSlice(id, this.#slice));
  }
}

/** Whether an id belongs to a slice. */
export function inSlice(id: string, slice: Slice): boolean {
  return slice.count === 1 || hashText(id) % slice.count === slice.index;
}

function kindOf(isAnonymousId: boolean, isBot: boolean): ActorKind {
  if (isAnonymousId) return isBot ? 3 : 1;
  return isBot ? 2 : 0;
}

const isAnonymous = (kind: ActorKind): boolean => kind % 2 === 1;
const isBotKind = (kind: ActorKind): boolean => kind >= 2;

function revenueOf(sums: ReadonlyMap<number, bigint>): UserDay["revenue"] {
  if (sums.size === 0) return noRevenue;
  const inOrder = [...sums].sort(([a], [b]) => a - b);
  return inOrder.map(([quarter, micros]) => [quarter, formatDecimal(micros)]);
}
