import { compareText } from "@sluice/lake";

/** How long after its day an event without user id can still be linked to one: this many local days. */
export const linkWindowDays = 30;

/** Two ids that belong together: an `identify` of an anonymous id, or an `alias` of one id with another. */
export interface Link {
  /** The anonymous id; of an alias, the previous id. */
  readonly anonymousId: string;
  readonly userId: string;
  /** Corrected time of the event, ms. */
  readonly timeMs: number;
  readonly messageId: string;
  /** Joins the two for good, whenever it came; else the earliest link of the anonymous id holds, within its window. */
  readonly isAlias: boolean;
}

/** An id that was seen on one day: a user id, or, without one, an anonymous id. */
export interface SeenId {
  readonly userId: string | null;
  readonly anonymousId: string | null;
}

/** The columns of an event that say which ids belong together. */
export interface LinkingRow {
  readonly type: string;
  readonly user_id: string | null;
  readonly anonymous_id: string | null;
  readonly previous_id: string | null;
  readonly key_kind: string;
  readonly time: number;
  readonly message_id: string;
}

/**
 * The link that an event makes. `identify` links its anonymous id to its user id. `alias` under a server key joins its
 * previous id and its user id. Under a public key it may do no more than an identify does: its previous id has to be its
 * own anonymous id; anything else would let a page join two users.
 */
export function linkOf(row: LinkingRow): Link | null {
  const { user_id: userId, time: timeMs, message_id: messageId } = row;
  if (userId === null) return null;
  if (row.type === "identify" && row.anonymous_id !== null) {
    return { anonymousId: row.anonymous_id, userId, timeMs, messageId, isAlias: false };
  }
  const previousId = row.type === "alias" ? row.previous_id : null;
  if (previousId === null || previousId === "") return null;
  if (row.key_kind === "server") {
    return previousId === userId ? null : { anonymousId: previousId, userId, timeMs, messageId, isAlias: true };
  }
  return previousId === row.anonymous_id
    ? { anonymousId: previousId, userId, timeMs, messageId, isAlias: false }
    : null;
}

/** Links that exclude each other have one key: the anonymous id's of identifies; each pair of ids has one of its own. */
export function linkKey(link: Link): string {
  return link.isAlias ? `${link.anonymousId}\n${link.userId}` : link.anonymousId;
}

/** Keeps the earliest link of each key, in any order of arrival. */
export function keepEarliest(links: Map<string, Link>, link: Link): void {
  const key = linkKey(link);
  const held = links.get(key);
  if (held === undefined || linkPrecedes(link, held)) links.set(key, link);
}

/**
 * Whether `a` comes before `b` in the total order of events, (time, message id). Message ids are unique per key
 * kind only, so the user id decides between a public and a server event of one id and time.
 */
function linkPrecedes(a: Link, b: Link): boolean {
  const order = a.timeMs - b.timeMs || compareText(a.messageId, b.messageId) || compareText(a.userId, b.userId);
  return order < 0;
}

/** Components of ids that aliases join. An id that no alias names is alone. */
export class AliasedIds {
  readonly #parents = new Map<string, string>();

  /** Joins two ids; in any order of calls the components are the same. */
  join(one: string, other: string): void {
    const [a, b] = [this.nameOf(one), this.nameOf(other)];
    if (a === b) return;
    // The smaller name stays, so that a component has one name whatever the order of its aliases.
    if (compareText(a, b) < 0) this.#parents.set(b, a);
    else this.#parents.set(a, b);
  }

  /** The smallest id of the component: its name while users are counted, where it only matters that it is one. */
  nameOf(id: string): string {
    let root = id;
    for (let next = this.#parents.get(root); next !== undefined; next = this.#parents.get(root)) root = next;
    // Later walks are short: everything on the way points to the root.
    for (let at = id; at !== root;) {
      const next = this.#parents.get(at) ?? root;
      this.#parents.set(at, root);
      at = next;
    }
    return root;
  }

  /** The ids of a component, ordered by code point. */
  idsOf(id: string): string[] {
    const name = this.nameOf(id);
    const ids = [...this.#parents.keys()].filter((other) => this.nameOf(other) === name);
    return [...new Set([name, id, ...ids])].sort(compareText);
  }
}

/** When an id was first seen: the earliest event that carries it, by (time, message id). */
export interface FirstSeen {
  readonly timeMs: number;
  readonly messageId: string;
}

/** The id that stands for a component: the one whose first event is earliest, then the smallest. */
export function representative(ids: readonly string[], firstSeen: ReadonlyMap<string, FirstSeen>): string | null {
  const order = (a: string, b: string): number => {
    const [first, second] = [firstSeen.get(a), firstSeen.get(b)];
    if (first === undefined || second === undefined) return Number(first === undefined) - Number(second === undefined);
    return first.timeMs - second.timeMs || compareText(first.messageId, second.messageId);
  };
  return [...ids].sort((a, b) => order(a, b) || compareText(a, b))[0] ?? null;
}

/**
 * The canonical user of an id on a local day: its user id; else the user id that its anonymous id was linked to by the
 * earliest identify of all, when that is before the end of the day plus 30 days; else the anonymous id. Ids that aliases
 * join are one user.
 *
 * @param linkedBeforeMs end of the window of the day: when the day 31 local days later starts.
 * @param links the earliest identify per anonymous id, over all days.
 */
export function canonicalUser(
  id: SeenId,
  linkedBeforeMs: number,
  links: ReadonlyMap<string, Link>,
  aliases: AliasedIds | null = null,
): string | null {
  const user = id.userId ?? linkedUser(id.anonymousId, linkedBeforeMs, links);
  return user === null || aliases === null ? user : aliases.nameOf(user);
}

function linkedUser(
  anonymousId: string | null,
  linkedBeforeMs: number,
  links: ReadonlyMap<string, Link>,
): string | null {
  if (anonymousId === null) return null;
  const link = links.get(anonymousId);
  return link !== undefined && link.timeMs < linkedBeforeMs ? link.userId : anonymousId;
}
