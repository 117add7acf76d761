import { Hono } from "hono";
import { dayText } from "../day.ts";
import { kpiAnswer } from "../kpi-answer.ts";
import { type KpiQuestion, kpiQuestion } from "../kpi-params.ts";
import { type DayRollup, rollupsByDay, type StoredRollup } from "../rollup-body.ts";
import { isQuestionNoted } from "../rollup-pace.ts";
import { answerJson } from "./answer.ts";
import type { Env } from "./env.ts";
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
  const rollups = await readRollups(context.env.DB, reader.value.project, question.value);
  return answerJson(context, kpiAnswer(question.value, reader.value, rollups));
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

async function readRollups(db: D1Database, project: string, question: KpiQuestion): Promise<Map<string, DayRollup>> {
  const sql = `SELECT day, family, body FROM rollup
    WHERE project = ? AND day >= ? AND day < ? AND family IN ('counts', 'money', 'users')`;
  const bound = db.prepare(sql).bind(project, dayText(question.fromMs), dayText(question.toMs));
  return rollupsByDay((await bound.all<StoredRollup & Record<string, unknown>>()).results);
}
