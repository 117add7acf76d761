import { ok } from "@sluice/schema";
import { Hono } from "hono";
import type { AdhocResult } from "../adhoc/aggregate.ts";
import { adhocQuestion, type AdhocQuestion } from "../adhoc/question.ts";
import { outOfScope } from "../read-scope.ts";
import type { ScanCost } from "../scan-budget.ts";
import { wholeHours } from "../scan-range.ts";
import { questionBody } from "./bounded-body.ts";
import type { Env } from "./env.ts";
import { aggregateParts } from "./lake-aggregate.ts";
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
    return refuse(context, outOfScope("users", ", since it asks for what names a person"));
  }
  const { project } = reader.value;
  const walk = { dataset: "events", project, range: wholeHours(question.value) } as const;
  return answerScan(context, walk, body.value, async (parts) => {
    const scanned = await aggregateParts(context.env.LAKE, parts, [question.value]);
    if (!scanned.ok) return scanned;
    const [result = { rows: [], groups: 0 }] = scanned.value.results;
    return ok(bodyOf(project, question.value, { ...result, scanned: scanned.value.scanned }));
  });
});

type Scanned = AdhocResult & { readonly scanned: ScanCost };

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
