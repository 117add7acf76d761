import { fail, ok, type Result } from "@sluice/schema";
import { allCell } from "../cells.ts";
import { HourUsers } from "../hour-users.ts";
import type { KpiQuestion } from "../kpi-params.ts";
import { parseMartParts } from "../marts.ts";
import { earliestDay, type UserCount } from "../number-sources.ts";
import { periodsAsked } from "../period.ts";
import type { Problem } from "../problem.ts";
import { LocalDays } from "../time-zone.ts";
import type { Identities } from "../user-count.ts";
import { countedHours, countedUsers, type UserNumbers } from "../user-numbers.ts";
import type { Env } from "./env.ts";
import { activeIds, MartMissing, type MartPorts, readIdentities } from "./mart-reader.ts";
import { type MartDay, martDay } from "./recount.ts";
import { RollupStore } from "./rollup-store.ts";
import { passOverUsers } from "./user-pass.ts";

/** Rows of marts, days and links that one question may read: some seconds of CPU time. */
const questionRowsMax = 1_500_000;
const questionDaysMax = 800;
const questionLinksMax = 200_000;
/** Users of hours that one question may hold, each as often as it is in an hour. */
const hourUsersMax = 2_000_000;

/** Whose users are counted: a project, and the currency of events that state none. */
interface CountedProject {
  readonly project: string;
  readonly currency: string;
}

/** Counts users from marts, for one question alone. */
export async function countFor(
  env: Pick<Env, "DB" | "LAKE">,
  { project, currency }: CountedProject,
  question: Pick<KpiQuestion, "timezone" | "includesBots" | "breakdown">,
  { fromMs, toMs, prefixes }: UserCount,
): Promise<Result<UserNumbers, Problem>> {
  const range = { fromMs, toMs, readsAllCells: question.breakdown !== null };
  return withIdentities(env, project, range, async ({ ports, days, identities }) => {
    const rule = { local: new LocalDays(question.timezone), includesBots: question.includesBots, currency };
    const counted = await passOverUsers(ports, { project, days, identities, rule, prefixes }, () => false);
    if (counted === null) throw new Error("a count without a deadline ended early");
    return countedUsers(counted.periods);
  });
}

/** What users are counted from. */
interface UserMarts {
  readonly ports: MartPorts;
  readonly days: readonly MartDay[];
  readonly identities: Identities;
}

/** Reads which marts a range of UTC days has and who belongs together, and counts; refused where that would read too much. */
async function withIdentities<Counted>(
  env: Pick<Env, "DB" | "LAKE">,
  project: string,
  { fromMs, toMs, readsAllCells }: Pick<UserCount, "fromMs" | "toMs"> & { readonly readsAllCells: boolean },
  count: (marts: UserMarts) => Promise<Counted>,
): Promise<Result<Counted, Problem>> {
  const store = new RollupStore(env.DB);
  const all = (await store.userDays(project, false)).map(martDay);
  const days = all.filter((day) => (fromMs === null || day.startMs >= fromMs) && day.startMs <= toMs);
  const rows = days.reduce((sum, day) => sum + (readsAllCells ? rowsOf(day.userMarts) : day.ids), 0);
  if (rows > questionRowsMax || days.length > questionDaysMax) return fail(tooMuch(rows, days.length));
  const ports: MartPorts = { bucket: env.LAKE, store, yieldTurn: async () => scheduler.wait(0) };
  try {
    const identities = await readIdentities(ports, project, () => true, questionLinksMax);
    if (identities === null) return fail(tooMuch(rows, days.length));
    return ok(await count({ ports, days, identities }));
  } catch (error) {
    if (error instanceof MartMissing) return fail(inMotion);
    throw error;
  }
}

/** Counts the users of a question from marts, by what it divides its range. */
export async function countUsers(
  env: Pick<Env, "DB" | "LAKE">,
  of: CountedProject,
  question: KpiQuestion,
  count: UserCount,
): Promise<Result<UserNumbers, Problem>> {
  if (question.interval !== "hour") return countFor(env, of, question, count);
  const local = new LocalDays(question.timezone);
  const rule = { local, includesBots: question.includesBots, currency: of.currency };
  const hours = new HourUsers(periodsAsked({ ...question, fromDay: earliestDay(question) }, local), rule);
  const { fromMs, toMs } = count;
  const counted = await withIdentities(env, of.project, { fromMs, toMs, readsAllCells: false }, async (read) => {
    for (const day of read.days) {
      for await (const ids of activeIds(read.ports, of.project, day, [allCell])) {
        hours.add(day.startMs, ids, read.identities);
      }
      if (hours.held > hourUsersMax) return null;
    }
    return hours.counts();
  });
  if (!counted.ok) return counted;
  return counted.value === null ? fail(tooManyHours) : ok(countedHours(counted.value));
}

const tooManyHours: Problem = {
  status: 422,
  title: "Too much to count",
  detail: `These hours have more than ${hourUsersMax} users, each counted once in each hour. Ask for fewer days.`,
  parameter: "to",
};

function rowsOf(userMarts: string): number {
  return parseMartParts(userMarts).reduce((sum, part) => sum + part.rows, 0);
}

/** A mart was replaced while it was read. */
export const inMotion: Problem = {
  status: 503,
  title: "Being rolled up",
  detail: "A day was rolled up while its users were counted; ask again.",
};

function tooMuch(rows: number, days: number): Problem {
  return {
    status: 422,
    title: "Too much to count",
    detail:
      `No roll-up holds these users (another time zone than the project's, a breakdown, or bots included), and counting them ` +
      `would read ${rows} rows of ${days} days; at most ${questionRowsMax} of ${questionDaysMax} days are read. Ask for fewer days, ` +
      "or in the project's own zone.",
  };
}
