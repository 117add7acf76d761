import { fail, ok, type Result } from "@sluice/schema";
import { Aggregation, type AdhocResult } from "../adhoc/aggregate.ts";
import { RowView } from "../adhoc/field-value.ts";
import { mayHold } from "../adhoc/filter.ts";
import { type AdhocQuestion, columnsOfQuestion } from "../adhoc/question.ts";
import type { HourRange } from "../hour-range.ts";
import type { Problem } from "../problem.ts";
import type { ListedPart } from "../rollup-plan.ts";
import { type ScanCost, tooMuchKept } from "../scan-budget.ts";
import type { LakeBucket } from "./lake-objects.ts";
import { type EventGroup, scanParts } from "./lake-scan.ts";

/** Answers questions in one scan over parts of the lake, within the budget of one. */
export async function aggregateParts(
  lake: LakeBucket,
  parts: readonly ListedPart[],
  questions: readonly AdhocQuestion[],
): Promise<Result<{ readonly results: readonly AdhocResult[]; readonly scanned: ScanCost }, Problem>> {
  const asked = questions.map((question) => ({ question, aggregation: new Aggregation(question) }));
  const cost = await scanParts(lake, parts, async (group) => {
    const open = asked.filter(({ question }) => !isRuledOut(group, question));
    for (const { question, aggregation } of open) {
      await addGroup(group, question, aggregation);
      const exceeded = aggregation.exceeded();
      if (exceeded !== null) return tooMuchKept(exceeded);
    }
    return open.length === 0 ? "skip" : "read";
  });
  if (!cost.ok) return fail(cost.error);
  return ok({ results: asked.map(({ aggregation }) => aggregation.result()), scanned: cost.value });
}

/** Whether the statistics of a row group say that none of its rows counts. */
function isRuledOut(group: EventGroup, { filters, ...range }: AdhocQuestion): boolean {
  const times = group.bounds("time");
  if (times !== null && !overlaps({ fromMs: Number(times.min), toMs: Number(times.max) + 1 }, range)) return true;
  return filters.some((filter) => !mayHold(filter, (column) => group.bounds(column)));
}

function contains({ fromMs, toMs }: HourRange, ms: number): boolean {
  return ms >= fromMs && ms < toMs;
}

function overlaps(a: HourRange, b: HourRange): boolean {
  return a.fromMs < b.toMs && b.fromMs < a.toMs;
}

/** The columns of the filters are read first, and the others only where a row of the group meets them. */
async function addGroup(group: EventGroup, question: AdhocQuestion, aggregation: Aggregation): Promise<void> {
  const { fromMs, toMs, filters } = question;
  const times = group.bounds("time");
  const isInside = times !== null && Number(times.min) >= fromMs && Number(times.max) < toMs;
  const { first, rest } = columnsOfQuestion(question, isInside);
  const view = new RowView();
  const met: number[] = [];
  const rows = await group.read(first);
  for (const [index, row] of rows.entries()) {
    view.turnTo(row);
    if (!isInside && !contains(question, view.row.time ?? 0)) continue;
    if (filters.every((filter) => filter.holds(view))) met.push(index);
  }
  if (met.length === 0) return;
  const others = rest.length === 0 ? [] : await group.read(rest);
  for (const index of met) {
    const row = rows[index] ?? {};
    view.turnTo(rest.length === 0 ? row : Object.assign(row, others[index]));
    aggregation.add(view);
  }
}
