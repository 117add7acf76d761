import { compareText, formatDecimal } from "@sluice/lake";
import { type CellRow, cellsOf, CellTexts, compareCells, isActiveType, paidCell } from "./cells.ts";
import type { Dimension } from "./dimensions.ts";
import { keepEarliest, type Link, linkKey, linkOf } from "./identity.ts";
import { countedEvents } from "./metrics.ts";
import { microsOf } from "./money.ts";
import { type QuarterMap, quarterOf } from "./quarter-hours.ts";
import { hashText } from "./slice-hash.ts";

/** Slices of a day at most: 160 million entries at 160,000 a slice. */
const sliceCountMax = 1024;

/** The columns of an event that the marts of users and links need. */
export interface IdentifiedRow extends CellRow {
  readonly user_id: string | null;
  readonly anonymous_id: string | null;
  readonly previous_id: string | null;
  readonly key_kind: string;
  readonly time: number;
  readonly message_id: string;
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

interface Entry {
  readonly quarters: [number, number, number, number];
  revenue: Map<number, bigint> | null;
}

type Actors = Map<string, Map<string, Entry>>;

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
  /** By kind of id and by bot: user ids, user ids of bots, anonymous ids, those of bots. */
  readonly #actors: readonly [Actors, Actors, Actors, Actors] = [new Map(), new Map(), new Map(), new Map()];
  readonly #links = new Map<string, Link>();
  #entries = 0;
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
      const id = userId ?? anonymousId ?? "";
      const cells = this.#cellsOf(this.#actorsOf(userId === null, isBot), id);
      if (cells === null) continue;
      const kept = revenue.filter(([quarter]) => !isAddedAnew(quarter));
      const sums = kept.map(([quarter, sum]) => [quarter, microsOf(sum) ?? 0n] as const);
      cells.set(cell, { quarters: [...quarters], revenue: cell.startsWith(anyPaidCell) ? new Map(sums) : null });
      this.#entries += 1;
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
    if (id !== null) this.#addTo(this.#actorsOf(row.user_id === null, row.is_bot), id, row);
    const link = linkOf(row);
    if (link !== null && inSlice(link.anonymousId, this.#slice)) keepEarliest(this.#links, link);
    this.#bound();
  }

  /** Ordered by cell, people before bots, user ids before anonymous ids, then by id, each by code point. */
  users(): UserDay[] {
    const byCell = new Map<string, UserDay[]>();
    const [users, bots, visitors, visitingBots] = this.#actors;
    for (const actors of [users, visitors, bots, visitingBots]) {
      const isBot = actors === bots || actors === visitingBots;
      // Ids are sorted once, not once for each of their cells.
      for (const id of [...actors.keys()].sort(compareText)) {
        const userId = actors === users || actors === bots ? id : null;
        const ids = { userId, anonymousId: userId === null ? id : null };
        for (const [cell, entry] of actors.get(id) ?? []) {
          const day: UserDay = { cell, ...ids, isBot, ...finished(entry) };
          const days = byCell.get(cell);
          if (days === undefined) byCell.set(cell, [day]);
          else days.push(day);
        }
      }
    }
    return [...byCell.keys()].sort(compareCells).flatMap((cell) => byCell.get(cell) ?? []);
  }

  /** Ordered by anonymous id; identifies, then aliases. */
  links(): Link[] {
    return [...this.#links.values()].sort((a, b) => compareText(linkKey(a), linkKey(b)));
  }

  #addTo(actors: Actors, id: string, row: IdentifiedRow): void {
    const cells = this.#cellsOf(actors, id);
    if (cells === null) return;
    const quarter = quarterOf(row.time);
    const isActive = isActiveType(row.type);
    for (const cell of cellsOf(row, this.#dimensions, this.#cellTexts)) {
      let entry = cells.get(cell);
      if (entry === undefined) {
        entry = { quarters: [0, 0, 0, 0], revenue: null };
        cells.set(cell, entry);
        this.#entries += 1;
      }
      if (cell.startsWith(anyPaidCell)) addPayment(entry, row, quarter);
      else if (isActive) mark(entry, quarter);
    }
  }

  #actorsOf(isAnonymous: boolean, isBot: boolean): Actors {
    const [users, bots, visitors, visitingBots] = this.#actors;
    if (isAnonymous) return isBot ? visitingBots : visitors;
    return isBot ? bots : users;
  }

  /** The cells of an id, made where it has none; `null` for an id of another slice. */
  #cellsOf(actors: Actors, id: string): Map<string, Entry> | null {
    let cells = actors.get(id);
    if (cells === undefined) {
      if (!inSlice(id, this.#slice)) return null;
      cells = new Map<string, Entry>();
      actors.set(id, cells);
    }
    return cells;
  }

  #bound(): void {
    // Below one id a slice, halving further would never end: equal hashes stay together.
    while (this.#entries + this.#links.size > this.#entriesMax && this.#slice.count < sliceCountMax) this.#halve();
  }

  #halve(): void {
    this.#slice = { index: this.#slice.index, count: this.#slice.count * 2 };
    for (const link of this.#links.values()) {
      if (!inSlice(link.anonymousId, this.#slice)) this.#links.delete(linkKey(link));
    }
    for (const actors of this.#actors) {
      for (const [id, cells] of actors) {
        if (inSlice(id, this.#slice)) continue;
        actors.delete(id);
        this.#entries -= cells.size;
      }
    }
  }
}

/** Whether an id belongs to a slice. */
export function inSlice(id: string, slice: Slice): boolean {
  return slice.count === 1 || hashText(id) % slice.count === slice.index;
}

function mark({ quarters }: Entry, quarter: number): void {
  const part = Math.floor(quarter / 24) as 0 | 1 | 2 | 3;
  quarters[part] |= 1 << (quarter % 24);
}

function addPayment(entry: Entry, row: IdentifiedRow, quarter: number): void {
  const micros = row.revenue === null ? 0n : (microsOf(row.revenue) ?? 0n);
  const isOrder = row.event === countedEvents.orderCompleted;
  if (isOrder) mark(entry, quarter);
  entry.revenue ??= new Map();
  entry.revenue.set(quarter, (entry.revenue.get(quarter) ?? 0n) + (isOrder ? micros : -micros));
}

function finished({ quarters, revenue }: Entry): Pick<UserDay, "quarters" | "revenue"> {
  if (revenue === null) return { quarters, revenue: noRevenue };
  const sums = [...revenue].sort(([a], [b]) => a - b);
  return { quarters, revenue: sums.map(([quarter, micros]) => [quarter, formatDecimal(micros)]) };
}
