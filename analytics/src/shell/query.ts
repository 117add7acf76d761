import { Hono } from "hono";
import { kpiAnswer, type ProjectFacts } from "../kpi-answer.ts";
import { kpiQuestion } from "../kpi-params.ts";
import { notFound, type Problem } from "../problem.ts";
import { isQuestionNoted } from "../rollup-pace.ts";
import type { Env } from "./env.ts";
import { servedRollups } from "./live-kpis.ts";
import { refuse } from "./reply.ts";
import { RollupStore } from "./rollup-store.ts";
import { bearerOf, sha256Hex } from "./secrets.ts";

interface AskedProject extends Omit<ProjectFacts, "isLive"> {
  readonly shards: number;
  /** When its numbers were last asked for, as far as that is noted. */
  readonly askedMs: number;
}

/** The query API. The read token decides whose numbers are read. */
export const query = new Hono<{ Bindings: Env }>();

const unknownToken: Problem = {
  status: 401,
  title: "Unknown token",
  detail: "A read token is needed: Authorization: Bearer slr_… (make one with the project's admin API).",
};

query.use("/kpis", async (context, next) => {
  if (context.req.method === "OPTIONS") return context.body(null, 204, { ...corsHeaders, ...preflightHeaders });
  await next();
  for (const [name, value] of Object.entries(corsHeaders)) context.header(name, value);
  return undefined;
});

query.get("/kpis", async (context) => {
  const token = bearerOf(context.req.header("authorization"));
  const facts = token === null ? null : await factsOf(context.env.DB, token);
  if (facts === null) return refuse(context, unknownToken);
  const question = kpiQuestion(new URL(context.req.url).searchParams);
  if (!question.ok) return refuse(context, question.error);
  if (question.value.project !== null && question.value.project !== facts.project) return refuse(context, notFound);
  context.executionCtx.waitUntil(noteQuestion(context.env.DB, facts, Date.now()));
  const { rollups, ...served } = await servedRollups(context.env, facts, question.value, Date.now());
  const body = JSON.stringify(kpiAnswer(question.value, { ...facts, ...served }, rollups));
  const etag = `"${(await sha256Hex(body)).slice(0, 32)}"`;
  const headers = { etag, "cache-control": "private, no-cache", vary: "authorization" };
  if (matches(context.req.header("if-none-match"), etag)) return context.body(null, 304, headers);
  return context.body(body, 200, { ...headers, "content-type": "application/json" });
});

// A token is sent explicitly, never by the browser on its own, so any origin may ask.
const corsHeaders = { "access-control-allow-origin": "*", "access-control-expose-headers": "etag" };
const preflightHeaders = {
  "access-control-allow-methods": "GET",
  "access-control-allow-headers": "authorization, if-none-match",
  "access-control-max-age": "7200",
};

/** The project of a read token; tokens are looked up by hash, so no comparison here takes time that tells. */
async function factsOf(db: D1Database, token: string): Promise<AskedProject | null> {
  const sql = `SELECT p.project, p.currency, p.shards, coalesce(r.as_of, p.created_at) AS asOfMs, coalesce(r.asked_at, 0) AS askedMs
    FROM read_token t JOIN project p ON p.project = t.project LEFT JOIN project_rollup r ON r.project = p.project
    WHERE t.token_hash = ? AND t.revoked_at IS NULL AND p.deleted_at IS NULL`;
  return db
    .prepare(sql)
    .bind(await sha256Hex(token))
    .first<AskedProject & Record<string, unknown>>();
}

/** Numbers that are asked for are rolled up more often. That it could not be noted is no reason not to answer. */
async function noteQuestion(db: D1Database, { project, askedMs }: AskedProject, nowMs: number): Promise<void> {
  if (!isQuestionNoted(nowMs, askedMs)) return;
  try {
    await new RollupStore(db).noteQuestion(project, nowMs);
  } catch (error) {
    console.error(JSON.stringify({ message: "a question was not noted", project, error: String(error) }));
  }
}

function matches(header: string | undefined, etag: string): boolean {
  const tags = (header ?? "").split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.includes(etag) || tags.includes("*");
}
