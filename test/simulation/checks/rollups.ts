import { parsePartKey, readRows } from "@sluice/lake";
import type { World } from "../world.ts";

/** What one day's numbers are compared with. */
interface DayCounts {
  events: number;
  pageViews: number;
  revenueCents: number;
}

/** What the lake holds, by UTC day. */
export type LakeDays = ReadonlyMap<string, DayCounts>;

/** Days of a question, `to` excluded. */
export interface DayRange {
  readonly from: string;
  readonly to: string;
}

/** As much of an answer of the query API as is compared. */
export interface Numbers {
  readonly metrics: Readonly<Record<string, Metric>>;
}

interface Metric {
  /** Whether events that no roll-up holds yet are counted. */
  readonly live: boolean;
  readonly buckets: readonly Bucket[];
}

interface Bucket {
  readonly start: string;
  readonly complete: boolean;
  readonly value: unknown;
}

/** The metrics that are compared, all but the derived ones. */
export const comparedMetrics = "events,page_views,dau,revenue,orders";

const dayMs = 86_400_000;
/** Days of one question. */
const questionDays = 60;

/** Questions that together cover every day of the lake. */
export function questionsOf(days: LakeDays): readonly DayRange[] {
  const questions: DayRange[] = [];
  for (const day of [...days.keys()].toSorted()) {
    if (day < (questions.at(-1)?.to ?? "")) continue;
    questions.push({ from: day, to: dayOf(Date.parse(day) + questionDays * dayMs) });
  }
  return questions;
}

/** The days on which events are sent, and one before and after them. */
export function currentDays(startMs: number): DayRange {
  return { from: dayOf(startMs - dayMs), to: dayOf(startMs + 2 * dayMs) };
}

/** Compares an answer with a fold over the lake: events, page views and revenue, by day. `null` where they are equal. */
export function numbersFault(numbers: Numbers, days: LakeDays): string | null {
  return fault(numbers, days, (_, found, expected) => found === expected);
}

/**
 * The same of an answer before roll-ups were asked to catch up: it never says more than the lake, and as much where it counts
 * what is live. A late event of a day that was complete waits for its roll-up.
 */
export function liveNumbersFault(numbers: Numbers, days: LakeDays): string | null {
  return fault(numbers, days, (isLive, found, expected) => (isLive ? found === expected : found <= expected));
}

function fault(
  { metrics }: Numbers,
  days: LakeDays,
  isRight: (isLive: boolean, found: number, expected: number) => boolean,
): string | null {
  for (const [name, { live, buckets }] of Object.entries(metrics)) {
    for (const { start, value, complete } of buckets) {
      const expected = expectedOf(name, days.get(start));
      if (expected === null) continue;
      const found = name === "revenue" ? cents(value) : Number(value);
      if (!isRight(live && !complete, found, expected))
        return `${name} of ${start} is ${found}, the lake says ${expected}`;
    }
  }
  return null;
}

/** The values of all metrics and days, whether or not the days are complete. */
export function valuesOf(numbers: Numbers | undefined): string {
  const entries = Object.entries(numbers?.metrics ?? {});
  return JSON.stringify(
    entries.map(([name, { buckets }]) => [
      name,
      buckets.map(({ start, value }) => [start, value]).filter(([, value]) => value !== 0),
    ]),
  );
}

function expectedOf(name: string, day: DayCounts | undefined): number | null {
  switch (name) {
    case "events":
      return day?.events ?? 0;
    case "page_views":
      return day?.pageViews ?? 0;
    case "revenue":
      return day?.revenueCents ?? 0;
    default:
      return null; // held to a rebuild only
  }
}

function cents(value: unknown): number {
  const { EUR = "0" } = value as { readonly EUR?: string };
  return Math.round(Number(EUR) * 100);
}

/** What the lake holds, by UTC day. */
export async function foldLake(world: World): Promise<LakeDays> {
  const days = new Map<string, DayCounts>();
  for (const [key, object] of world.bucket.objects) {
    if (parsePartKey(key)?.dataset !== "events") continue;
    for (const row of await readRows(object.bytes.slice().buffer, ["type", "event", "time", "revenue"])) {
      const day = dayOf(row.time);
      let counts = days.get(day);
      if (counts === undefined) days.set(day, (counts = { events: 0, pageViews: 0, revenueCents: 0 }));
      counts.events += 1;
      if (row.type === "page") counts.pageViews += 1;
      if (row.event === "Order Completed") counts.revenueCents += Math.round(Number(row.revenue ?? 0) * 100);
    }
  }
  return days;
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
