import { ok } from "@sluice/schema";
import { Hono } from "hono";
import { adminBody } from "../admin-fields.ts";
import { rangeQuestion, type RangeQuestion } from "../behaviour/question.ts";
import { dayMs, dayText, graceMs } from "../day.ts";
import { type DeclaredKpi, declarationText, kpiDeclaration, parseDeclaration } from "../declared/declaration.ts";
import { type CountedPart, declaredSeries } from "../declared/declared-answer.ts";
import { declaredQuestions, needsUsers } from "../declared/declared-question.ts";
import { periodsAsked } from "../period.ts";
import { notFound } from "../problem.ts";
import type { ScanCost } from "../scan-budget.ts";
import { wholeHours } from "../scan-range.ts";
import { tzdataVersion } from "../time-zone.ts";
import { answerJson } from "./answer.ts";
import { type DeclaredKind, declarationsOf, declare, type StoredDeclaration, takeBack } from "./declarations.ts";
import { readKept, usersOf } from "./declared-read.ts";
import type { Env } from "./env.ts";
import { aggregateParts } from "./lake-aggregate.ts";
import { projectNamed, type Reader, readerOf } from "./read-token.ts";
import { refuse } from "./reply.ts";
import { answerScan } from "./scan-answer.ts";

/** How the functions of declared KPIs count; raised when one of them counts otherwise. Percentiles are nearest ranks. */
const functionsVersion = 1;
const kpiKind: DeclaredKind = { table: "declared_kpi", column: "kpi", plural: "KPIs", countMax: 100 };

/** Declared KPIs of a project, for the operator; mounted at `/v1/admin/projects`. */
export const declaredAdminRoutes = new Hono<{ Bindings: Env }>();

declaredAdminRoutes.get("/:project/kpis", async (context) => {
  const project = await projectNamed(context, context.req.param("project"));
  if (project === null) return refuse(context, notFound);
  const stored = await declarationsOf(context.env.DB, kpiKind, project.project);
  return context.json({ kpis: stored.map(shown) });
});

declaredAdminRoutes.post("/:project/kpis", async (context) => {
  const body = adminBody(await context.req.text());
  if (!body.ok) return refuse(context, body.error);
  const declared = kpiDeclaration(body.value);
  if (!declared.ok) return refuse(context, declared.error);
  const row = { name: declared.value.name, definition: declarationText(declared.value) };
  const version = await declare(context.env.DB, kpiKind, context.req.param("project"), row, Date.now());
  return version.ok ? context.json(shown({ ...row, version: version.value }), 201) : refuse(context, version.error);
});

declaredAdminRoutes.delete("/:project/kpis/:kpi", async (context) => {
  const { project, kpi } = context.req.param();
  const taken = await takeBack(context.env.DB, kpiKind, project, kpi, Date.now());
  return taken.ok ? context.json({ project, kpi, revoked: true }) : refuse(context, taken.error);
});

/** Declared KPIs, for the project of the read token. */
export const declaredRoutes = new Hono<{ Bindings: Env }>();

declaredRoutes.get("/declared", async (context) => {
  const reader = await readerOf(context, "kpis");
  if (!reader.ok) return refuse(context, reader.error);
  const { project } = reader.value;
  const stored = await declarationsOf(context.env.DB, kpiKind, project);
  return answerJson(context, { project, kpis: stored.map(shown) });
});

declaredRoutes.get("/declared/:kpi", async (context) => {
  const reader = await readerOf(context, "kpis");
  if (!reader.ok) return refuse(context, reader.error);
  const { project, timezone, currency, asOfMs } = reader.value;
  const [stored] = await declarationsOf(context.env.DB, kpiKind, project, context.req.param("kpi"));
  if (stored === undefined) return refuse(context, notFound);
  const asked = rangeQuestion(new URL(context.req.url).searchParams, [], ["day", "week", "month"], timezone);
  if (!asked.ok) return refuse(context, asked.error);
  const kpi = parseDeclaration(stored.name, stored.definition);
  const kept = await readKept(context.env, reader.value, kpi, asked.value);
  if (kept !== null) return answerJson(context, answerOf(reader.value, { stored, kpi }, asked.value, [kept], null));
  const userOf = needsUsers(kpi) ? await usersOf(context.env, project, asked.value) : ok(null);
  if (!userOf.ok) return refuse(context, userOf.error);
  const questions = declaredQuestions(kpi, asked.value, { currency, userOf: userOf.value });
  const { days, fromDay, toDay } = asked.value.periods;
  const walk = {
    dataset: "events",
    project,
    range: wholeHours({ fromMs: days.startMs(fromDay), toMs: days.startMs(toDay) }),
  } as const;
  // What is known of users, and what is complete, is as of the last roll-up.
  return answerScan(context, walk, [stored, context.req.query(), asOfMs], async (parts) => {
    const scanned = await aggregateParts(context.env.LAKE, parts, questions);
    if (!scanned.ok) return scanned;
    const { results, scanned: cost } = scanned.value;
    return ok(answerOf(reader.value, { stored, kpi }, asked.value, partsOf(kpi, results), cost));
  });
});

/** The answers to the questions of {@link declaredQuestions}, part by part. */
function partsOf({ parts, breakdown }: DeclaredKpi, results: readonly CountedPart["total"][]): CountedPart[] {
  const perPart = breakdown === null ? 1 : 2;
  return parts.map((_, index) => {
    const [total = { rows: [], groups: 0 }, byGroup = null] = results.slice(index * perPart, (index + 1) * perPart);
    return { total, byGroup };
  });
}

interface Asked {
  readonly stored: StoredDeclaration;
  readonly kpi: DeclaredKpi;
}

function answerOf(
  { project, asOfMs }: Reader,
  { stored, kpi }: Asked,
  { periods, timezone }: RangeQuestion,
  parts: readonly CountedPart[],
  scanned: ScanCost | null,
): object {
  const { days, interval, fromDay, toDay } = periods;
  const isComplete = (toMs: number): boolean => toMs + graceMs <= asOfMs;
  return {
    project,
    kpi: shown(stored),
    version: functionsVersion,
    timezone,
    tzdata: tzdataVersion(undefined),
    interval,
    from: dayText(fromDay * dayMs),
    to: dayText(toDay * dayMs),
    asOf: new Date(asOfMs).toISOString(),
    complete: isComplete(days.startMs(toDay)),
    ...declaredSeries(kpi, parts, periodsAsked(periods, days), ({ toMs }) => isComplete(toMs)),
    scanned,
  };
}

/** A declared KPI as lists and answers show it. */
function shown({ name, version, definition }: StoredDeclaration): object {
  return { kpi: name, version, ...parseDeclaration(name, definition).declaration };
}
