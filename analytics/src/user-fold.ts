import { isActive } from "./fold.ts";
import { keepEarliest, type Link } from "./identity.ts";
import { compareText } from "@sluice/lake";
import { hashText } from "./slice-hash.ts";

/** Slices of a day at most: 400 million ids at 400,000 a slice. */
const sliceCountMax = 1024;

/** The columns of an event that the marts of users and links need. */
export interface IdentifiedRow {
  readonly type: string;
  readonly user_id: string | null;
  readonly anonymous_id: string | null;
  readonly time: number;
  readonly message_id: string;
  readonly is_bot: boolean;
}

/** One id of one day: `userId`, or `anonymousId` where the events had no user id; exactly one is set. */
export interface UserDay {
  readonly userId: string | null;
  readonly anonymousId: string | null;
  /** Active events of the id on the day. */
  readonly events: number;
}

/** Which ids belong to a slice of a day that is built in several passes. The count is a power of two. */
export interface Slice {
  readonly index: number;
  readonly count: number;
}

/**
 * Folds one day's events into its ids and its earliest links, for the ids of one slice. Commutative: any order
 * of rows gives the same result. Memory grows with the ids of the slice, not with events.
 *
 * A fold with a bound halves its slice whenever it holds more ids than that. Which slice it ends with depends on the
 * set of ids alone: it is the largest, of those that halving leads to, whose ids are within the bound.
 */
export class UserFold {
  #slice: Slice;
  readonly #idsMax: number;
  readonly #users = new Map<string, number>();
  readonly #anonymous = new Map<string, number>();
  readonly #links = new Map<string, Link>();

  constructor(slice: Slice, idsMax = Number.POSITIVE_INFINITY) {
    this.#slice = slice;
    this.#idsMax = idsMax;
  }

  /** The slice whose ids it holds: all of them, unless they were too many. */
  get slice(): Slice {
    return this.#slice;
  }

  add(row: IdentifiedRow): void {
    const active = isActive(row.type, row.is_bot) ? 1 : 0;
    if (row.user_id !== null) this.#count(this.#users, row.user_id, active);
    else if (row.anonymous_id !== null) this.#count(this.#anonymous, row.anonymous_id, active);
    if (row.type === "identify" && row.user_id !== null && row.anonymous_id !== null) {
      if (!inSlice(row.anonymous_id, this.#slice)) return;
      const { anonymous_id: anonymousId, user_id: userId, time: timeMs, message_id: messageId } = row;
      keepEarliest(this.#links, { anonymousId, userId, timeMs, messageId });
    }
    // Below one id a slice, halving further would never end: equal hashes stay together.
    while (this.#held() > this.#idsMax && this.#slice.count < sliceCountMax) this.#halve();
  }

  /** User ids first, then anonymous ids, each ordered by code point. */
  users(): UserDay[] {
    const users = sorted(this.#users).map(([userId, events]) => ({ userId, anonymousId: null, events }));
    const anonymous = sorted(this.#anonymous).map(([anonymousId, events]) => ({ userId: null, anonymousId, events }));
    return [...users, ...anonymous];
  }

  /** Ordered by anonymous id. */
  links(): Link[] {
    return sorted(this.#links).map(([, link]) => link);
  }

  #held(): number {
    return this.#users.size + this.#anonymous.size + this.#links.size;
  }

  #halve(): void {
    this.#slice = { index: this.#slice.index, count: this.#slice.count * 2 };
    for (const held of [this.#users, this.#anonymous, this.#links]) {
      for (const id of held.keys()) if (!inSlice(id, this.#slice)) held.delete(id);
    }
  }

  #count(counts: Map<string, number>, id: string, active: number): void {
    const held = counts.get(id);
    if (held !== undefined) counts.set(id, held + active);
    else if (inSlice(id, this.#slice)) counts.set(id, active);
  }
}

/** Whether an id belongs to a slice. */
export function inSlice(id: string, slice: Slice): boolean {
  return slice.count === 1 || hashText(id) % slice.count === slice.index;
}

function sorted<Value>(map: ReadonlyMap<string, Value>): [string, Value][] {
  return [...map].sort(([a], [b]) => compareText(a, b));
}
