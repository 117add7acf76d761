import { dayOf } from "./day.ts";
import { countedCells } from "./cells.ts";
import { readsTrail } from "./kpi-answer.ts";
import type { KpiQuestion } from "./kpi-params.ts";
import { previousPeriod } from "./local-period.ts";
import { alwaysCounted } from "./fold.ts";
import { countsUsers, metrics } from "./metrics.ts";
import type { LocalDays } from "./time-zone.ts";

/** Days before a day that its monthly users reach back. */
const trailDays = 30;

/** Which rows and marts a question is answered from. */
export interface NumberPlan {
  /** UTC days whose rows of events are read, ms; the last is inclusive. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly families: readonly string[];
  /** Local days whose rows of users are read: first to last, inclusive. */
  readonly userDays: readonly [number, number];
  /** Users are counted from the marts of UTC days for this question alone: no row holds them. `null`: rows do. */
  readonly count: UserCount | null;
}

/** A count of users from marts. */
export interface UserCount {
  /** First UTC day whose users matter, ms; `null` for the project's first. */
  readonly fromMs: number | null;
  readonly toMs: number;
  /** Beginnings of cells, in the order of the mart. */
  readonly prefixes: readonly string[];
}

/** What of a project decides where its numbers lie. */
export interface NumberedProject {
  /** The zone that its users are counted in. */
  readonly timezone: string;
  /** Whether weekly, monthly and returning users have been counted. */
  readonly hasTrail: boolean;
}

/** Decides what a question reads. */
export function numberPlan(question: KpiQuestion, project: NumberedProject, local: LocalDays): NumberPlan {
  const firstDay = earliestDay(question);
  const [startMs, endMs] = [local.startMs(firstDay), local.startMs(question.toDay)];
  const asked = question.metrics.flatMap((name) => metrics.get(name) ?? []);
  const needsUsers = asked.some(countsUsers);
  const needsTrail = asked.some((metric) => readsTrail(metric, question));
  const areKept =
    question.timezone === project.timezone &&
    question.interval !== "hour" &&
    !question.includesBots &&
    (question.breakdown === null || !needsUsers) &&
    (project.hasTrail || !needsTrail);
  const families = new Set(["counts", "money"]);
  if (question.breakdown === "event" || !alwaysCounted.includes(question.conversion)) families.add("names");
  if (question.breakdown !== null && question.breakdown !== "event") families.add(`by ${question.breakdown}`);
  const zone = question.timezone;
  if (needsUsers && areKept) for (const kept of ["users", "trail", "week", "month"]) families.add(`${kept}@${zone}`);
  return {
    fromMs: dayOf(startMs),
    toMs: dayOf(endMs - 1),
    families: [...families],
    userDays: [firstDay, question.toDay - 1],
    count: needsUsers && !areKept ? userCount(question, local, firstDay) : null,
  };
}

function userCount(question: KpiQuestion, local: LocalDays, firstDay: number): UserCount {
  const asked = question.metrics.flatMap((name) => metrics.get(name) ?? []);
  const looksBack = asked.some((metric) => metric.origin === "trail" && metric.name !== "wau" && metric.name !== "mau");
  const trails = asked.some((metric) => metric.origin === "trail");
  const cells = question.breakdown === null ? [] : [`${question.breakdown}=`];
  return {
    fromMs: looksBack ? null : dayOf(local.startMs(trails ? firstDay - trailDays : firstDay)),
    toMs: dayOf(local.startMs(question.toDay) - 1),
    prefixes: [...countedCells, ...cells],
  };
}

/** The first local day that a question needs: that of the first period, or of the one it is compared with. */
export function earliestDay({ fromDay, interval, compare }: KpiQuestion): number {
  if (compare === null) return fromDay;
  if (compare === "week") return fromDay - 7;
  return interval === "hour" ? fromDay - 1 : previousPeriod(interval, fromDay);
}
