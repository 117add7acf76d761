import { compareText } from "@sluice/lake";
import { dayMs } from "./day.ts";

/** How long after its day an event without user id can still be linked to one. */
export const linkWindowDays = 30;

/** An `identify` that joins an anonymous id to a user id. */
export interface Link {
  readonly anonymousId: string;
  readonly userId: string;
  /** Corrected time of the identify, ms. */
  readonly timeMs: number;
  readonly messageId: string;
}

/** An id that was seen on one day: a user id, or, without one, an anonymous id. */
export interface SeenId {
  readonly userId: string | null;
  readonly anonymousId: string | null;
}

/**
 * Whether `a` comes before `b` in the total order of events, (time, message id). Message ids are unique per key
 * kind only, so the user id decides between a public and a server event of one id and time.
 */
function linkPrecedes(a: Link, b: Link): boolean {
  const order = a.timeMs - b.timeMs || compareText(a.messageId, b.messageId) || compareText(a.userId, b.userId);
  return order < 0;
}

/** Keeps the earliest link of each anonymous id, in any order of arrival. */
export function keepEarliest(links: Map<string, Link>, link: Link): void {
  const held = links.get(link.anonymousId);
  if (held === undefined || linkPrecedes(link, held)) links.set(link.anonymousId, link);
}

/**
 * The canonical user of an id on a day: its user id; else the user id that its anonymous id was linked to by
 * the earliest identify of all, when that is before the end of the day plus 30 days; else the anonymous id.
 *
 * @param dayStartMs start of the UTC day.
 * @param links the earliest link per anonymous id, over all days.
 */
export function canonicalUser(id: SeenId, dayStartMs: number, links: ReadonlyMap<string, Link>): string | null {
  if (id.userId !== null || id.anonymousId === null) return id.userId;
  const link = links.get(id.anonymousId);
  const endMs = dayStartMs + (1 + linkWindowDays) * dayMs;
  return link !== undefined && link.timeMs < endMs ? link.userId : id.anonymousId;
}

/** The first day whose users can change when a link of day `linkDayMs` changes. */
export function firstDayTouched(linkDayMs: number): number {
  return linkDayMs - linkWindowDays * dayMs;
}
