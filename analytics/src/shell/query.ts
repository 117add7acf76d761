import { Hono } from "hono";
import { kpiAnswer } from "../kpi-answer.ts";
import { kpiQuestion } from "../kpi-params.ts";
import { isQuestionNoted } from "../rollup-pace.ts";
import { answerJson } from "./answer.ts";
import type { Env } from "./env.ts";
import { servedRollups } from "./live-kpis.ts";
import { type Reader, readerOf } from "./read-token.ts";
import { refuse } from "./reply.ts";
import { RollupStore } from "./rollup-store.ts";

/** The query API. The read token decides whose numbers are read. */
export const query = new Hono<{ Bindings: Env }>();

query.get("/kpis", async (context) => {
  const reader = await readerOf(context, "kpis");
  if (!reader.ok) return refuse(context, reader.error);
  const question = kpiQuestion(new URL(context.req.url).searchParams);
  if (!question.ok) return refuse(context, question.error);
  context.executionCtx.waitUntil(noteQuestion(context.env.DB, reader.value, Date.now()));
  const { rollups, ...served } = await servedRollups(context.env, reader.value, question.value, Date.now());
  return answerJson(context, kpiAnswer(question.value, { ...reader.value, ...served }, rollups));
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
