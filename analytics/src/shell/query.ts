import { Hono } from "hono";
import { parseDimensions } from "../dimensions.ts";
import { kpiAnswer } from "../kpi-answer.ts";
import { kpiQuestion } from "../kpi-params.ts";
import { isQuestionNoted } from "../rollup-pace.ts";
import { answerJson } from "./answer.ts";
import type { Env } from "./env.ts";
import { kpiProject, readSources } from "./kpi-numbers.ts";
import { type Reader, readerOf } from "./read-token.ts";
import { refuse } from "./reply.ts";
import { RollupStore } from "./rollup-store.ts";

/** The query API. The read token decides whose numbers are read. */
export const query = new Hono<{ Bindings: Env }>();

query.get("/kpis", async (context) => {
  const reader = await readerOf(context, "kpis");
  if (!reader.ok) return refuse(context, reader.error);
  const project = await kpiProject(context.env.DB, reader.value.project);
  const settings = { timezone: project.timezone, dimensions: parseDimensions(project.dimensions) };
  const question = kpiQuestion(new URL(context.req.url).searchParams, settings);
  if (!question.ok) return refuse(context, question.error);
  context.executionCtx.waitUntil(noteQuestion(context.env.DB, reader.value, Date.now()));
  const sources = await readSources(context.env, project, question.value);
  if (!sources.ok) return refuse(context, sources.error);
  return answerJson(context, kpiAnswer(question.value, project, sources.value));
});

/** Numbers that are asked for are rolled up more often. That it could not be noted is no reason not to answer. */
async function noteQuestion(db: D1Database, { project, askedMs }: Reader, nowMs: number): Promise<void> {
  if (!isQuestionNoted(nowMs, askedMs)) return;
  try {
    await new RollupStore(db).noteQuestion(project, nowMs);
  } catch (error) {
    console.error(JSON.stringify({ message: "a question was not noted", project, error: String(error) }));
  }
}
