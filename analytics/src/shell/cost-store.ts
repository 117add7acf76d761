import { formatDecimal } from "@sluice/lake";
import { fail, ok, type Result } from "@sluice/schema";
import { type CostRow, costRowsPerDayMax } from "../cost-upload.ts";
import type { Problem } from "../problem.ts";

/** An uploaded cost as lists show it. */
export interface ShownCost {
  readonly day: string;
  readonly campaign: string;
  readonly source: string;
  readonly medium: string;
  readonly currency: string;
  /** Decimal text, six digits. */
  readonly cost: string;
}

/** The columns by which rows are told apart, in the order of the table. */
export type CostPlace = readonly [day: string, campaign: string, source: string, medium: string, currency: string];

/** Stores costs, each in the place of one that was uploaded for the same before; says how many are new or other ones. */
export async function storeCosts(
  db: D1Database,
  project: string,
  rows: readonly CostRow[],
): Promise<Result<number, Problem>> {
  const uploaded = JSON.stringify(
    rows.map(({ day, campaign, source, medium, currency, micros }) => [
      day,
      campaign,
      source,
      medium,
      currency,
      micros,
    ]),
  );
  const places = [0, 1, 2, 3, 4].map((index) => `value->>'$[${index}]'`).join(", ");
  const full = await db
    .prepare(
      `SELECT day FROM (
         SELECT day, campaign, source, medium, currency FROM campaign_cost
         WHERE project = ?1 AND day IN (SELECT value->>'$[0]' FROM json_each(?2))
         UNION SELECT ${places} FROM json_each(?2))
       GROUP BY day HAVING count(*) > ?3 LIMIT 1`,
    )
    .bind(project, uploaded, costRowsPerDayMax)
    .first<{ day: string }>();
  if (full !== null) {
    const detail = `A day may hold at most ${costRowsPerDayMax} costs; ${full.day} would hold more. Nothing was stored.`;
    return fail({ status: 422, title: "Limit reached", detail, parameter: "rows" });
  }
  const sql = `INSERT INTO campaign_cost (project, day, campaign, source, medium, currency, micros)
    SELECT ?1, ${places}, value->>'$[5]' FROM json_each(?2) WHERE true
    ON CONFLICT DO UPDATE SET micros = excluded.micros WHERE micros <> excluded.micros`;
  const { meta } = await db.prepare(sql).bind(project, uploaded).run();
  return ok(meta.changes);
}

/** Uploaded costs from a day to before another, in the order of their places, behind one of them. */
export async function costsOf(
  db: D1Database,
  project: string,
  { from, to, after, limit }: { from: string; to: string; after: CostPlace | null; limit: number },
): Promise<ShownCost[]> {
  const sql = `SELECT day, campaign, source, medium, currency, CAST(micros AS TEXT) AS micros FROM campaign_cost
    WHERE project = ?1 AND day >= ?2 AND day < ?3 AND (day, campaign, source, medium, currency) > (?4, ?5, ?6, ?7, ?8)
    ORDER BY day, campaign, source, medium, currency LIMIT ?9`;
  const bound = db.prepare(sql).bind(project, from, to, ...(after ?? ["", "", "", "", ""]), limit);
  const { results } = await bound.all<Omit<ShownCost, "cost"> & { readonly micros: string }>();
  return results.map(({ micros, ...place }) => ({ ...place, cost: formatDecimal(BigInt(micros)) }));
}
