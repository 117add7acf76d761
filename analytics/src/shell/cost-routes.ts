import { ok, type Result } from "@sluice/schema";
import { Hono } from "hono";
import { costBodyBytesMax, costUpload } from "../cost-upload.ts";
import { dayMs, dayText, parseDay } from "../day.ts";
import { onlyKnown } from "../hour-range.ts";
import { pageCursor, parsePageCursor } from "../page-cursor.ts";
import { invalid, type Problem } from "../problem.ts";
import { answerJson } from "./answer.ts";
import { questionBody } from "./bounded-body.ts";
import { type CostPlace, costsOf, storeCosts } from "./cost-store.ts";
import type { Env } from "./env.ts";
import { readerOf } from "./read-token.ts";
import { refuse } from "./reply.ts";

/** What campaigns cost, as uploaded; for the project of the token. */
export const costRoutes = new Hono<{ Bindings: Env }>();

const pageRowsMax = 1_000;
const listDaysMax = 400;

costRoutes.post("/costs", async (context) => {
  const reader = await readerOf(context, "costs");
  if (!reader.ok) return refuse(context, reader.error);
  const body = await questionBody(context, costBodyBytesMax);
  if (!body.ok) return refuse(context, body.error);
  const { project, currency } = reader.value;
  const rows = costUpload(body.value, currency, Date.now());
  if (!rows.ok) return refuse(context, rows.error);
  const changed = await storeCosts(context.env.DB, project, rows.value);
  if (!changed.ok) return refuse(context, changed.error);
  return answerJson(context, { project, rows: rows.value.length, changed: changed.value });
});

costRoutes.get("/costs", async (context) => {
  const reader = await readerOf(context, "kpis");
  if (!reader.ok) return refuse(context, reader.error);
  const asked = listQuestion(new URL(context.req.url).searchParams);
  if (!asked.ok) return refuse(context, asked.error);
  const { project } = reader.value;
  const rows = await costsOf(context.env.DB, project, { ...asked.value, limit: pageRowsMax + 1 });
  const page = rows.slice(0, pageRowsMax);
  const last = rows.length > pageRowsMax ? page.at(-1) : undefined;
  const cursor =
    last === undefined ? null : pageCursor([last.day, last.campaign, last.source, last.medium, last.currency]);
  return answerJson(context, { project, costs: page, cursor });
});

function listQuestion(search: URLSearchParams): Result<{ from: string; to: string; after: CostPlace | null }, Problem> {
  const known = onlyKnown(search, ["from", "to", "cursor", "project"]);
  if (!known.ok) return known;
  const fromMs = parseDay(search.get("from") ?? "");
  if (fromMs === null) return { ok: false, error: invalid("from", "from must be a day YYYY-MM-DD (inclusive).") };
  const toMs = parseDay(search.get("to") ?? "");
  if (toMs === null || toMs <= fromMs || toMs - fromMs > listDaysMax * dayMs) {
    const detail = `to must be a day YYYY-MM-DD (exclusive), later than from and at most ${listDaysMax} days.`;
    return { ok: false, error: invalid("to", detail) };
  }
  const text = search.get("cursor");
  const shape = ["string", "string", "string", "string", "string"] as const;
  const after = text === null ? null : parsePageCursor(text, shape);
  if (text !== null && after === null) {
    return { ok: false, error: invalid("cursor", "cursor must be the one that the page before this one gave.") };
  }
  return ok({ from: dayText(fromMs), to: dayText(toMs), after: after as CostPlace | null });
}
