import { parsePartKey, readRows } from "@sluice/lake";
import type { World } from "../world.ts";

/** What one day's numbers are compared with. */
interface DayCounts {
  events: number;
  pageViews: number;
  revenueCents: number;
}

/** As much of an answer of the query API as is compared. */
export interface Numbers {
  readonly metrics: Readonly<Record<string, { readonly buckets: readonly Bucket[] }>>;
}

interface Bucket {
  readonly start: string;
  readonly value: unknown;
}

/** The metrics that are compared, all but the derived ones. */
export const comparedMetrics = "events,page_views,dau,revenue,orders";

const dayMs = 86_400_000;
/** Days of one question. */
const questionDays = 60;

/** Questions that together cover every day of the lake. */
export function questionsOf(days: ReadonlyMap<string, DayCounts>): readonly { from: string; to: string }[] {
  const questions: { from: string; to: string }[] = [];
  for (const day of [...days.keys()].toSorted()) {
    if (day < (questions.at(-1)?.to ?? "")) continue;
    questions.push({ from: day, to: dayOf(Date.parse(day) + questionDays * dayMs) });
  }
  return questions;
}

/** Compares an answer with a fold over the lake: events, page views and revenue, by day. `null` where they are equal. */
export function numbersFault({ metrics }: Numbers, days: ReadonlyMap<string, DayCounts>): string | null {
  for (const [name, { buckets }] of Object.entries(metrics)) {
    for (const { start, value } of buckets) {
      const expected = expectedOf(name, days.get(start));
      if (expected === null) continue;
      const found = name === "revenue" ? cents(value) : value;
      if (found !== expected) return `${name} of ${start} is ${String(found)}, the lake says ${expected}`;
    }
  }
  return null;
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
export async function foldLake(world: World): Promise<ReadonlyMap<string, DayCounts>> {
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
