import { dayMs } from "../day.ts";
import { canonicalUser, type Link, linkWindowDays } from "../identity.ts";
import type { LocalDays } from "../time-zone.ts";

/** Whom an event counts for: its stated ids and its time (ms) to the canonical user; `null` where it has no id. */
export type UserOf = (userId: string | null, anonymousId: string | null, timeMs: number) => string | null;

/** Canonical users by the local days of a zone. */
export function usersBy(days: LocalDays, links: ReadonlyMap<string, Link>): UserOf {
  return (userId, anonymousId, timeMs) => {
    const linkedBeforeMs = days.startMs(days.dayOf(timeMs) + 1 + linkWindowDays);
    return canonicalUser({ userId, anonymousId }, linkedBeforeMs - (1 + linkWindowDays) * dayMs, links);
  };
}
