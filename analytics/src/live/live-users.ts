import { keepEarliest, type Link } from "../identity.ts";
import { addUsers, anonymousIds } from "../user-count.ts";
import { UserFold, type UserDay } from "../user-fold.ts";
import type { LiveRow } from "./live-row.ts";

/** What the roll-up of a day knows of users: the ids of its mart. */
export interface DayIds {
  readonly dayStartMs: number;
  readonly ids: readonly UserDay[];
}

const whole = { index: 0, count: 1 };

/**
 * Distinct users of a day: a set of the ids that the roll-up and the live events have, each taken for the user that the
 * earliest of all links makes it.
 *
 * @param rows live events of the day.
 * @param links the earliest link of each anonymous id, by the roll-ups; joined by those of `linkRows`.
 * @param linkRows live events of any day.
 */
export function liveDau(
  { dayStartMs, ids }: DayIds,
  rows: readonly LiveRow[],
  links: ReadonlyMap<string, Link>,
  linkRows: readonly LiveRow[],
): number {
  const fold = new UserFold(whole);
  for (const row of rows) fold.add(row);
  const all = new Map(links);
  for (const link of liveLinks(linkRows)) keepEarliest(all, link);
  const users = new Set<string>();
  addUsers(users, ids, dayStartMs, all, whole);
  addUsers(
    users,
    fold.users().filter(({ events }) => events > 0),
    dayStartMs,
    all,
    whole,
  );
  return users.size;
}

/** The anonymous ids whose links decide the users of days. */
export function wantedIds(days: readonly DayIds[], rows: readonly LiveRow[]): Set<string> {
  const wanted = new Set(days.flatMap(({ ids }) => anonymousIds(ids)));
  for (const { anonymous_id: id, user_id: userId } of rows) if (userId === null && id !== null) wanted.add(id);
  return wanted;
}

function liveLinks(rows: readonly LiveRow[]): Link[] {
  const fold = new UserFold(whole);
  for (const row of rows) fold.add(row);
  return fold.links();
}
