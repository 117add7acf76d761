import { keepEarliest, type Link } from "../identity.ts";
import type { ActiveId } from "../marts.ts";
import { grouped } from "../grouped.ts";
import { dayOf } from "../day.ts";
import { type CountRule, DayUsers, type Identities } from "../user-count.ts";
import { UserFold } from "../user-fold.ts";
import { CellFolds, UserPeriods } from "../user-periods.ts";
import type { LiveRow } from "./live-row.ts";

const whole = { index: 0, count: 1 };

/** The ids of one UTC day: those of its mart, or of live events. */
export interface DayIds {
  readonly startMs: number;
  readonly ids: readonly ActiveId[];
}

/** What live events say of users: as a mart of their day would. */
export interface LiveIds {
  readonly days: readonly DayIds[];
  readonly links: readonly Link[];
}

/** The ids of live events by UTC day, and the links that they make. */
export function liveIds(rows: readonly LiveRow[]): LiveIds {
  const links: Link[] = [];
  const days = [...grouped(rows, ({ hourMs }) => dayOf(hourMs))].map(([startMs, own]): DayIds => {
    const fold = new UserFold(whole);
    for (const row of own) fold.add(row);
    links.push(...fold.links());
    return { startMs, ids: [...fold.users()] };
  });
  return { days, links };
}

/** The anonymous ids whose links decide who was active. */
export function wantedIds(days: readonly DayIds[]): Set<string> {
  const wanted = new Set<string>();
  for (const { ids } of days) {
    for (const { userId, anonymousId } of ids) if (userId === null && anonymousId !== null) wanted.add(anonymousId);
  }
  return wanted;
}

/** Who belongs together by the links of roll-ups and of live events. */
export function joinIdentities({ links, aliases }: Identities, live: readonly Link[]): Identities {
  const earliest = new Map(links);
  for (const link of live) {
    if (link.isAlias) aliases.join(link.anonymousId, link.userId);
    else keepEarliest(earliest, link);
  }
  return { links: earliest, aliases };
}

/**
 * Users of local days, and of the periods that they make up: sets of the ids that marts and live events have, so that nobody is
 * counted twice.
 *
 * @param days ids of every UTC day that the local days from `first` to `last` reach into.
 */
export function usersOfDays(
  { first, last }: { readonly first: number; readonly last: number },
  days: readonly DayIds[],
  identities: Identities,
  rule: CountRule,
): UserPeriods {
  const users = new DayUsers(rule);
  for (const { startMs, ids } of days) users.add(startMs, ids, identities);
  const folds = new CellFolds();
  for (let day = first; day <= last; day++) folds.close(day, users.take(day));
  const periods = new UserPeriods();
  periods.add(folds.folds);
  return periods;
}
