import { dayPrefix, readRows } from "@sluice/lake";
import { fail, ok, type Result } from "@sluice/schema";
import { listObjects } from "../lake/pull.ts";
import type { AdminClient } from "../operator/admin.ts";
import type { DemoPlan } from "./event.ts";
import { deliveriesOf } from "./traffic.ts";

/** What the lake holds on one day that the demo looked into. */
export interface DayInLake {
  readonly day: string;
  /** Rows whose message id the demo did not make. */
  readonly others: number;
  /** Sources that sent those, for example `web`. */
  readonly otherSources: readonly string[];
  /** Rows that repeat a message id of the same key kind. */
  readonly repeated: number;
}

/**
 * Looks into the lake itself for rows on some days that are not the demo's: somebody who tried the `curl`, or
 * another demo. Only asked where numbers differ; holds the ids of those days in memory.
 */
export async function othersOn(
  days: readonly string[],
  plan: DemoPlan,
  project: string,
  admin: AdminClient,
): Promise<Result<DayInLake[], string>> {
  const own = idsOf(plan, new Set(days));
  const found: DayInLake[] = [];
  for (const day of days) {
    const objects = await listObjects(admin, dayPrefix("events", project, Date.parse(day)));
    if (!objects.ok) return objects;
    const others = { count: 0, sources: new Set<string>() };
    const seen = new Set<string>();
    let repeated = 0;
    for (const { key } of objects.value) {
      const response = await admin.fetch(`/v1/admin/lake/object?key=${encodeURIComponent(key)}`);
      if (!response.ok) return fail(`${key} could not be read (status ${response.status})`);
      const rows = await readRows(await response.arrayBuffer(), ["message_id", "key_kind", "source"]);
      for (const row of rows) {
        const id = `${row.key_kind} ${row.message_id}`;
        if (seen.has(id)) repeated++;
        seen.add(id);
        if (row.key_kind === "server" && own.has(row.message_id)) continue;
        others.count++;
        others.sources.add(row.source);
      }
    }
    found.push({ day, others: others.count, otherSources: [...others.sources].sort(), repeated });
  }
  return ok(found);
}

function idsOf(plan: DemoPlan, days: ReadonlySet<string>): Set<string> {
  const ids = new Set<string>();
  for (const delivery of deliveriesOf(plan)) {
    if (delivery.kind !== "event" || !days.has(delivery.event.timestamp.slice(0, 10))) continue;
    ids.add(delivery.event.messageId);
  }
  return ids;
}
