import { canonicalUser, linkWindowDays } from "../identity.ts";
import type { LocalDays } from "../time-zone.ts";
import type { Identities } from "../user-count.ts";

/** Whom an event counts for: its stated ids and its time (ms) to the canonical user; `null` where it has no id. */
export type UserOf = (userId: string | null, anonymousId: string | null, timeMs: number) => string | null;

/** Canonical users by the local days of a zone. */
export function usersBy(days: LocalDays, { links, aliases }: Identities): UserOf {
  return (userId, anonymousId, timeMs) => {
    const linkedBeforeMs = days.startMs(days.dayOf(timeMs) + 1 + linkWindowDays);
    return canonicalUser({ userId, anonymousId }, linkedBeforeMs, links, aliases);
  };
}
