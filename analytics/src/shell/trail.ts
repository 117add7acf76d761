import { countedCells } from "../cells.ts";
import { dayMs, dayText } from "../day.ts";
import { LocalDays } from "../time-zone.ts";
import { periodsOf } from "../user-periods.ts";
import type { RollupPorts } from "./day-build.ts";
import { readIdentities } from "./mart-reader.ts";
import { martDay } from "./recount.ts";
import type { ProjectState, UserRow } from "./rollup-store.ts";
import { passOverUsers, type PassResult } from "./user-pass.ts";

/** Ids of all days, and links, of a project whose weekly and monthly users are counted. */
const trailIdsMax = 20_000_000;
const trailLinksMax = 300_000;

/** How counting ended: `too large` when the project has more ids or links than are counted. */
export type TrailOutcome = "counted" | "late" | "too large";

/**
 * Counts weekly and monthly users of a project, and who is new or returned, from the marts of all of its days, and writes
 * the rows that changed since `trailFromMs`.
 */
export async function countTrail(
  ports: RollupPorts,
  { project, timezone, currency, trailFromMs }: Pick<ProjectState, "project" | "timezone" | "currency" | "trailFromMs">,
  isLate: () => boolean,
): Promise<TrailOutcome> {
  const days = (await ports.store.userDays(project, false)).map(martDay);
  if (days.reduce((sum, day) => sum + day.ids, 0) > trailIdsMax) return "too large";
  const identities = await readIdentities(ports, project, () => true, trailLinksMax);
  if (identities === null) return "too large";
  const local = new LocalDays(timezone);
  const rule = { local, includesBots: false, currency };
  const question = { project, days, identities, rule, prefixes: countedCells };
  const result = await passOverUsers(ports, question, isLate);
  if (result === null) return "late";
  const changedFrom = Math.max(result.firstDay, local.dayOf(Math.max(trailFromMs ?? 0, 0)));
  const rows = rowsOf(result, timezone, changedFrom);
  const held = await ports.store.userRows(project, rows);
  const changed = rows.filter((row) => held.get(`${row.family} ${row.day}`) !== row.body);
  await ports.store.writeUsers(ports.owner, project, changed, []);
  return "counted";
}

/** Rows of the days, weeks and months from a day on. */
function rowsOf({ periods, lastDay }: PassResult, zone: string, changedFrom: number): UserRow[] {
  const rows: UserRow[] = [];
  const add = (family: "trail" | "week" | "month", first: number, body: object): void => {
    rows.push({ day: dayText(first * dayMs), family: `${family}@${zone}`, body: JSON.stringify(body) });
  };
  for (let day = changedFrom; day <= lastDay; day++) add("trail", day, periods.trail(day));
  for (const week of periodsOf("week", changedFrom, lastDay)) add("week", week, periods.week(week));
  for (const month of periodsOf("month", changedFrom, lastDay)) add("month", month, periods.month(month));
  return rows;
}
