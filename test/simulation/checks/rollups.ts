import { parsePartKey, readRows } from "@sluice/lake";
import type { World } from "../world.ts";

/** What one day's roll-ups are compared with. */
interface DayCounts {
  rows: number;
  readonly types: Map<string, number>;
  orderRevenueCents: number;
}

/**
 * Compares the roll-ups in the database with a fold of its own over the lake: rows, types and the revenue of orders, by
 * day. `null` where they are equal.
 */
export async function rollupFault(world: World): Promise<string | null> {
  const days = await fold(world);
  const bodies = new Map<string, string>();
  for (const row of world.rows("SELECT day, family, body FROM rollup")) {
    bodies.set(`${String(row["day"])} ${String(row["family"])}`, String(row["body"]));
  }
  const found = new Set([...bodies.keys()].map((key) => key.slice(0, 10)));
  for (const day of found) if (!days.has(day)) return `the roll-ups have ${day}, the lake has not`;
  for (const [day, counts] of days) {
    const body = JSON.parse(bodies.get(`${day} counts`) ?? "{}") as { rows?: number; types?: [string, number][] };
    const types = Object.fromEntries(body.types ?? []);
    const expected = Object.fromEntries([...counts.types].sort());
    if (body.rows !== counts.rows || JSON.stringify(types) !== JSON.stringify(expected)) {
      return `the roll-ups of ${day} count ${JSON.stringify(body)}, the lake holds ${JSON.stringify(expected)}`;
    }
    const money = JSON.parse(bodies.get(`${day} money`) ?? "{}") as { currencies?: { orderRevenue: string }[] };
    const cents = Math.round(Number(money.currencies?.[0]?.orderRevenue ?? 0) * 100);
    if (cents !== counts.orderRevenueCents)
      return `the roll-ups of ${day} say ${cents} cents, not ${counts.orderRevenueCents}`;
  }
  return null;
}

async function fold(world: World): Promise<Map<string, DayCounts>> {
  const days = new Map<string, DayCounts>();
  for (const [key, object] of world.bucket.objects) {
    if (parsePartKey(key)?.dataset !== "events") continue;
    for (const row of await readRows(object.bytes.slice().buffer, ["type", "event", "time", "revenue"])) {
      const day = new Date(row.time).toISOString().slice(0, 10);
      let counts = days.get(day);
      if (counts === undefined) days.set(day, (counts = { rows: 0, types: new Map(), orderRevenueCents: 0 }));
      counts.rows += 1;
      counts.types.set(row.type, (counts.types.get(row.type) ?? 0) + 1);
      if (row.event === "Order Completed") counts.orderRevenueCents += Math.round(Number(row.revenue ?? 0) * 100);
    }
  }
  return days;
}
