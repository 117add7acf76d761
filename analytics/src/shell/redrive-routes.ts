import { gzipSync } from "node:zlib";
import { readRejected } from "@sluice/lake";
import { encodeQueueMessage } from "@sluice/schema";
import { Hono } from "hono";
import { cursorText } from "../part-cursor.ts";
import { invalid, notFound } from "../problem.ts";
import { redriveColumns, type RedrivenEvent, redrivenEvent } from "../redrive-message.ts";
import { type RedriveRequest, redriveRequest } from "../redrive-request.ts";
import type { Env } from "./env.ts";
import type { Walk } from "../scan-range.ts";
import { cursorAfter, isWithin, partAt } from "./part-walk.ts";
import { projectNamed } from "./read-token.ts";
import { refuse } from "./reply.ts";
import { sha256Hex } from "./secrets.ts";
import { sendToConsumer } from "./send-again.ts";

/** Rejected events that one call handles: with up to 32 KiB each, they fit into memory as messages. */
const rowsPerCall = 500;

/**
 * `POST /v1/admin/projects/:project/redrive`: mends rejected events of a range and sends them to the consumer again, one bounded
 * step a call; the answer's `cursor` is given back for the next. Any step may be repeated.
 */
export const redriveRoutes = new Hono<{ Bindings: Env }>();

redriveRoutes.post("/:project/redrive", async (context) => {
  const project = await projectNamed(context, context.req.param("project"));
  if (project === null) return refuse(context, notFound);
  const request = redriveRequest(await context.req.text());
  if (!request.ok) return refuse(context, request.error);
  const walk: Walk = { dataset: "rejected", project: project.project, range: request.value.range };
  const { cursor } = request.value;
  if (cursor !== null && !isWithin(cursor, walk)) {
    return refuse(context, invalid("cursor", "cursor must be one of an earlier answer to the same question."));
  }
  return context.json(await redriveStep(context.env, walk, request.value));
});

interface RedriveAnswer {
  /** Events by what became of them: `redriven` (with a dry run: would be), or why they were not sent. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** `null` when the range is done. */
  readonly cursor: string | null;
}

async function redriveStep(env: Env, walk: Walk, request: RedriveRequest): Promise<RedriveAnswer> {
  const part = await partAt(env.LAKE, walk, request.cursor);
  if (part === null) return { outcomes: {}, cursor: null };
  const rows = await readRejected(part.file, redriveColumns);
  const end = Math.min(rows.length, part.row + rowsPerCall);
  const outcomes = new Map<string, number>();
  const messages: Uint8Array[] = [];
  for (const row of rows.slice(part.row, end)) {
    if (request.reason !== null && row.reason !== request.reason) continue;
    const redriven = redrivenEvent(row, walk.project, request.rule);
    const outcome = redriven.ok ? "redriven" : redriven.error;
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (redriven.ok && !request.isDryRun) messages.push(await messageOf(redriven.value));
  }
  await sendToConsumer(env, messages);
  const next = await cursorAfter(env.LAKE, walk, part, { row: end, rows: rows.length });
  return { outcomes: Object.fromEntries(outcomes), cursor: next === null ? null : cursorText(next) };
}

/** The queue message of one event. It is named by its content: sent twice, it is one message to the log. */
async function messageOf({ event, receipt }: RedrivenEvent): Promise<Uint8Array> {
  const text = JSON.stringify({ batch: [event] });
  const redrive = (await sha256Hex(text)).slice(0, 32);
  return encodeQueueMessage({ receipt: { ...receipt, redrive }, body: gzipSync(text) });
}
