import { Hono } from "hono";
import { parseDimensions } from "../dimensions.ts";
import { kpiAnswer, type ProjectFacts } from "../kpi-answer.ts";
import { kpiQuestion } from "../kpi-params.ts";
import { metrics } from "../metrics.ts";
import { isQuestionNoted } from "../rollup-pace.ts";
import { answerJson } from "./answer.ts";
import { noteBehaviour } from "./behaviour-question.ts";
import type { Env } from "./env.ts";
import { type KpiProject, readSources } from "./kpi-numbers.ts";
import { type LiveKpiProject, liveNumbers } from "./live-kpis.ts";
import { type Reader, readerOf } from "./read-token.ts";
import { refuse } from "./reply.ts";
import { RollupStore } from "./rollup-store.ts";

interface AskedProject extends ProjectFacts, KpiProject, LiveKpiProject {
  /** JSON, as stored. */
  readonly dimensions: string;
}

/** The query API. The read token decides whose numbers are read. */
export const query = new Hono<{ Bindings: Env }>();

query.get("/kpis", async (context) => {
  const reader = await readerOf(context, "kpis");
  if (!reader.ok) return refuse(context, reader.error);
  const facts = await factsOf(context.env.DB, reader.value.project);
  const question = kpiQuestion(new URL(context.req.url).searchParams, {
    timezone: facts.timezone,
    dimensions: parseDimensions(facts.dimensions),
  });
  if (!question.ok) return refuse(context, question.error);
  context.executionCtx.waitUntil(noteQuestion(context.env.DB, reader.value, Date.now()));
  if (question.value.metrics.some((name) => metrics.get(name)?.origin === "costs and credits")) {
    context.executionCtx.waitUntil(noteBehaviour(context.env.DB, facts.project, Date.now()));
  }
  const sources = await readSources(context.env, facts, question.value);
  if (!sources.ok) return refuse(context, sources.error);
  const { open, ...stored } = sources.value;
  const live = await liveNumbers(context.env, facts, question.value, stored, open, Date.now());
  return answerJson(context, kpiAnswer(question.value, facts, { ...stored, live }));
});

/** What KPIs need to know of a project that exists. */
async function factsOf(db: D1Database, project: string): Promise<AskedProject> {
  const sql = `SELECT p.project, p.shards, p.currency, p.timezone, p.dimensions, coalesce(r.as_of, p.created_at) AS asOfMs,
      CASE WHEN r.trail_from IS NULL THEN coalesce(r.as_of, p.created_at) ELSE r.trail_as_of END AS trailAsOfMs,
      r.trail_from IS NULL OR r.trail_as_of > 0 AS hasTrail
    FROM project p LEFT JOIN project_rollup r ON r.project = p.project WHERE p.project = ?`;
  const facts = await db.prepare(sql).bind(project).first<AskedProject & Record<string, unknown>>();
  if (facts === null) throw new Error("a read token of no project");
  return facts;
}

/** Numbers that are asked for are rolled up more often. That it could not be noted is no reason not to answer. */
async function noteQuestion(db: D1Database, { project, askedMs }: Reader, nowMs: number): Promise<void> {
  if (!isQuestionNoted(nowMs, askedMs)) return;
  try {
    await new RollupStore(db).noteQuestion(project, nowMs);
  } catch (error) {
    console.error(JSON.stringify({ message: "a question was not noted", project, error: String(error) }));
  }
}
