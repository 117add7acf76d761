import { fail, ok, type Result } from "@sluice/schema";
import { Hono } from "hono";
import { Aggregation, type AdhocResult } from "../adhoc/aggregate.ts";
import { RowView } from "../adhoc/field-value.ts";
import { mayHold } from "../adhoc/filter.ts";
import { adhocQuestion, type AdhocQuestion, columnsOfQuestion } from "../adhoc/question.ts";
import type { HourRange } from "../hour-range.ts";
import type { Problem } from "../problem.ts";
import { outOfScope } from "../read-scope.ts";
import type { ListedPart } from "../rollup-plan.ts";
import { type ScanCost, tooMuchKept } from "../scan-budget.ts";
import { wholeHours } from "../scan-range.ts";
import { questionBody } from "./bounded-body.ts";
import type { Env } from "./env.ts";
import type { LakeBucket } from "./lake-objects.ts";
import { type EventGroup, scanParts } from "./lake-scan.ts";
import { readerOf } from "./read-token.ts";
import { refuse } from "./reply.ts";
import { answerScan } from "./scan-answer.ts";

/** `POST /v1/query`: an aggregation over the lake, for the project of the read token. */
export const adhocRoutes = new Hono<{ Bindings: Env }>();

adhocRoutes.post("/query", async (context) => {
  const reader = await readerOf(context, "events");
  if (!reader.ok) return refuse(context, reader.error);
  const body = await questionBody(context);
  if (!body.ok) return refuse(context, body.error);
  const question = adhocQuestion(body.value);
  if (!question.ok) return refuse(context, question.error);
  if (question.value.isPersonal && !reader.value.scopes.includes("users")) {
    return refuse(context, outOfScope("users", ", since it groups or filters by what names a person"));
  }
  const { project } = reader.value;
  const walk = { dataset: "events", project, range: wholeHours(question.value) } as const;
  return answerScan(context, walk, body.value, async (parts) => {
    const scanned = await aggregate(context.env.LAKE, parts, question.value);
    return scanned.ok ? ok(bodyOf(project, question.value, scanned.value)) : scanned;
  });
});

type Scanned = AdhocResult & { readonly scanned: ScanCost };

async function aggregate(
  lake: LakeBucket,
  parts: readonly ListedPart[],
  question: AdhocQuestion,
): Promise<Result<Scanned, Problem>> {
  const aggregation = new Aggregation(question);
  const cost = await scanParts(lake, parts, async (group) => {
    if (isRuledOut(group, question)) return "skip";
    await addGroup(group, question, aggregation);
    const exceeded = aggregation.exceeded();
    return exceeded === null ? "read" : tooMuchKept(exceeded);
  });
  return cost.ok ? ok({ ...aggregation.result(), scanned: cost.value }) : fail(cost.error);
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

function bodyOf(project: string, question: AdhocQuestion, { rows, groups, scanned }: Scanned): object {
  const { fromMs, toMs, timezone, interval, groupBy, measures } = question;
  return {
    project,
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    timezone,
    interval,
    groupBy: groupBy.map(({ label }) => label),
    measures: measures.map(({ name }) => name),
    rows,
    groups,
    truncated: rows.length < groups,
    scanned,
  };
}
