import { ActivityFold } from "../activity-fold.ts";
import { dayMs } from "../day.ts";
import { type CountRule, DayUsers, type Identities } from "../user-count.ts";
import { CellFolds, UserPeriods } from "../user-periods.ts";
import { activeIds, type MartPorts } from "./mart-reader.ts";
import type { MartDay } from "./recount.ts";

/** Users of one slice at most; with more, the days are passed over again in more slices. */
const usersPerSliceMax = 400_000;
const slicesMax = 64;

/** Days after the last active one on which the users of 30 days still change. */
const daysAfter = 30;

/** What a pass counts. */
export interface PassQuestion {
  readonly project: string;
  /** UTC days in order: all from the first one whose users matter. */
  readonly days: readonly MartDay[];
  readonly identities: Identities;
  readonly rule: CountRule;
  /** Beginnings of the cells that are counted, in the order of the mart. */
  readonly prefixes: readonly string[];
}

/** What a pass found; `null` instead when `isLate` ended it. */
export interface PassResult {
  readonly periods: UserPeriods;
  /** First and last local day that were closed; the 30 days behind the last active one among them. */
  readonly firstDay: number;
  readonly lastDay: number;
}

/**
 * Counts users by local day, week and month, from the marts of all days in order. Reads each mart once, unless there
 * are more users than a slice holds.
 */
export async function passOverUsers(
  ports: MartPorts,
  question: PassQuestion,
  isLate: () => boolean,
): Promise<PassResult | null> {
  const { days, rule } = question;
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined) return { periods: new UserPeriods(), firstDay: 0, lastDay: -1 };
  const firstDay = rule.local.dayOf(first.startMs);
  const lastDay = rule.local.dayOf(last.startMs + dayMs - 1) + daysAfter;
  for (let count = 1; count <= slicesMax; count *= 2) {
    const periods = new UserPeriods();
    let fits = true;
    for (let index = 0; fits && index < count; index++) {
      const folds = await passOverSlice(ports, question, { index, count }, lastDay, isLate);
      if (folds === "late") return null;
      if (folds === "too many") fits = false;
      else periods.add(folds);
    }
    if (fits) return { periods, firstDay, lastDay };
  }
  throw new Error("a project has more users than can be counted");
}

async function passOverSlice(
  ports: MartPorts,
  { project, days, identities, rule, prefixes }: PassQuestion,
  slice: { readonly index: number; readonly count: number },
  lastDay: number,
  isLate: () => boolean,
): Promise<ReadonlyMap<string, ActivityFold> | "late" | "too many"> {
  const { local } = rule;
  const folds = new CellFolds();
  const users = new DayUsers(rule, slice);
  let open = local.dayOf(days[0]?.startMs ?? 0);
  const closeBefore = (timeMs: number): void => {
    for (; local.startMs(open + 1) <= timeMs; open++) folds.close(open, users.take(open));
  };
  for (const day of days) {
    closeBefore(day.startMs);
    for await (const ids of activeIds(ports, project, day, prefixes)) users.add(day.startMs, ids, identities);
    closeBefore(day.startMs + dayMs);
    if (isLate()) return "late";
    if (folds.users + users.held > usersPerSliceMax) return "too many";
  }
  for (; open <= lastDay; open++) folds.close(open, users.take(open));
  return folds.folds;
}
