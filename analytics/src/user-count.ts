import { canonicalUser, type Link } from "./identity.ts";
import { inSlice, type Slice, type UserDay } from "./user-fold.ts";

/**
 * Adds the canonical users of a day's ids to a set, those of one slice only. Counting a day slice by slice and
 * adding the sizes is exact, because a user belongs to one slice.
 */
export function addUsers(
  users: Set<string>,
  ids: readonly UserDay[],
  dayStartMs: number,
  links: ReadonlyMap<string, Link>,
  slice: Slice,
): void {
  for (const id of ids) {
    const user = canonicalUser(id, dayStartMs, links);
    if (user !== null && inSlice(user, slice)) users.add(user);
  }
}

/** The anonymous ids whose links decide who these ids are. */
export function anonymousIds(ids: readonly UserDay[]): string[] {
  return ids.flatMap((id) => (id.userId === null && id.anonymousId !== null ? [id.anonymousId] : []));
}
