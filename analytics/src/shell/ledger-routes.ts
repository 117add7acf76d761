import type { HourArrivals, LedgerRow } from "@sluice/schema";
import { Hono } from "hono";
import { dayMs } from "../day.ts";
import { type HourRange, hourRange, onlyKnown } from "../hour-range.ts";
import { ledgerAnswer, type LedgerFacts } from "../ledger-answer.ts";
import { notFound } from "../problem.ts";
import { answerJson } from "./answer.ts";
import type { Env } from "./env.ts";
import { projectNamed, readerOf, type TokenProject } from "./read-token.ts";
import { type Ask, refuse } from "./reply.ts";
import { shardLog } from "./shard-logs.ts";

/** Days that one question may span. */
const ledgerDaysMax = 31;

/** `GET /v1/ledger?from=&to=[&source=]`, for the project of the read token. */
export const ledgerRoutes = new Hono<{ Bindings: Env }>();

ledgerRoutes.get("/ledger", async (context) => {
  const reader = await readerOf(context, "kpis");
  return reader.ok ? answer(context, reader.value) : refuse(context, reader.error);
});

/** The same for the operator, mounted at `/v1/admin/projects`. */
export const adminLedgerRoutes = new Hono<{ Bindings: Env }>();

adminLedgerRoutes.get("/:project/ledger", async (context) => {
  const project = await projectNamed(context, context.req.param("project"));
  return project === null ? refuse(context, notFound) : answer(context, project);
});

async function answer(context: Ask, { project, shards }: TokenProject): Promise<Response> {
  const search = new URL(context.req.url).searchParams;
  const known = onlyKnown(search, ["from", "to", "source", "project"]);
  if (!known.ok) return refuse(context, known.error);
  const range = hourRange(search.get("from"), search.get("to"), ledgerDaysMax);
  if (!range.ok) return refuse(context, range.error);
  const facts = await ledgerFacts(context.env, project, shards, range.value);
  const body = ledgerAnswer(project, range.value, search.get("source"), facts, Date.now());
  return answerJson(context, body);
}

/** Asks every log of a project. Arrivals are asked for by day: those of a month may exceed what one RPC carries. */
export async function ledgerFacts(env: Env, project: string, shards: number, range: HourRange): Promise<LedgerFacts> {
  const rows: LedgerRow[] = [];
  const arrivals: HourArrivals[] = [];
  let unpublished = 0;
  for (let shard = 0; shard < shards; shard++) {
    const log = shardLog(env, project, shard);
    // Arrivals first: what is taken in between makes the one count larger, and never more than has been accepted.
    for (let fromMs = range.fromMs; fromMs < range.toMs; fromMs += dayMs) {
      arrivals.push(await log.arrivals(fromMs, Math.min(fromMs + dayMs, range.toMs)));
    }
    for (const row of await log.ledger(range.fromMs, range.toMs)) rows.push(row);
    unpublished += (await log.status()).pendingRows;
  }
  return { rows, arrivals, unpublished };
}
