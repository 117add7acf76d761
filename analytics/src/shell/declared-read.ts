import { ok, type Result } from "@sluice/schema";
import type { AdhocResult } from "../adhoc/aggregate.ts";
import type { RangeQuestion } from "../behaviour/question.ts";
import { type UserOf, usersBy } from "../behaviour/user.ts";
import { countedCells, eventCell } from "../cells.ts";
import { dayMs, dayOf, dayText } from "../day.ts";
import type { DeclaredKpi } from "../declared/declaration.ts";
import type { CountedPart } from "../declared/declared-answer.ts";
import { keptCount } from "../declared/kept-counts.ts";
import { EventNumbers } from "../event-numbers.ts";
import { type Period, periodsAsked } from "../period.ts";
import type { Problem } from "../problem.ts";
import { rollupsByDay, type StoredRollup } from "../rollup-body.ts";
import type { Env } from "./env.ts";
import { countFor, inMotion } from "./question-users.ts";
import { MartMissing, readIdentities } from "./mart-reader.ts";
import type { Reader } from "./read-token.ts";
import { RollupStore } from "./rollup-store.ts";

/** Identities that a question about users may hold. */
const linksMax = 200_000;

/** What roll-ups or marts hold of a declared KPI; `null` where the lake has to be scanned. */
export async function readKept(
  env: Pick<Env, "DB" | "LAKE">,
  { project, currency }: Reader,
  kpi: DeclaredKpi,
  { periods, timezone }: RangeQuestion,
): Promise<CountedPart | null> {
  const kept = keptCount(kpi);
  if (kept === null) return null;
  const { days, interval } = periods;
  const asked = periodsAsked(periods, days);
  const range = { fromMs: dayOf(days.startMs(periods.fromDay)), toMs: dayOf(days.startMs(periods.toDay) - 1) };
  if (kept.kind === "events") {
    const events = new EventNumbers([rollupsByDay(await nameRows(env.DB, project, range))], currency);
    const counts = asked.map((period) => kept.names.map((name) => events.tracked(period, name)));
    if (counts.flat().includes(null)) return null;
    return partOf(asked, (index) => (counts[index] ?? []).reduce<number>((sum, count) => sum + (count ?? 0), 0));
  }
  const cell = eventCell(kept.name);
  const question = { timezone, includesBots: kpi.includesBots, breakdown: "event" } as const;
  const count = { ...range, prefixes: [...countedCells, cell] };
  const users = await countFor(env, { project, currency }, question, count);
  if (!users.ok) return null;
  return partOf(asked, (_, { firstDay }) => users.value.byCell(interval, firstDay).get(cell) ?? 0);
}

function partOf(periods: readonly Period[], countOf: (index: number, period: Period) => number): CountedPart {
  const rows = periods.map((period, index): AdhocResult["rows"][number] => {
    return { bucket: period.start, group: [], values: [countOf(index, period)] };
  });
  return { total: { rows, groups: rows.length }, byGroup: null };
}

async function nameRows(
  db: D1Database,
  project: string,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<StoredRollup[]> {
  const sql = "SELECT day, family, body FROM rollup WHERE project = ? AND day >= ? AND day < ? AND family = 'names'";
  const bound = db.prepare(sql).bind(project, dayText(fromMs), dayText(toMs + dayMs));
  return (await bound.all<StoredRollup & Record<string, unknown>>()).results;
}

/** Whom ids belong to, as far as links are rolled up. */
export async function usersOf(
  env: Pick<Env, "DB" | "LAKE">,
  project: string,
  { periods }: RangeQuestion,
): Promise<Result<UserOf, Problem>> {
  const ports = { bucket: env.LAKE, yieldTurn: async () => scheduler.wait(0), store: new RollupStore(env.DB) };
  try {
    const identities = await readIdentities(ports, project, () => true, linksMax);
    if (identities !== null) return ok(usersBy(periods.days, identities));
  } catch (error) {
    if (error instanceof MartMissing) return { ok: false, error: inMotion };
    throw error;
  }
  const detail = `Users are told by more than ${linksMax} identities, which is what one question may hold. Declare unique of actor instead.`;
  return { ok: false, error: { status: 422, title: "Beyond the budget", detail } };
}
