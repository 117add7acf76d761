import { readRejected, readRows } from "@sluice/lake";
import { Hono } from "hono";
import { cursorText } from "../part-cursor.ts";
import { invalid, notFound, type Problem } from "../problem.ts";
import { columnNames, replayMessages } from "../replay-message.ts";
import { type ReplayRequest, replayRequest } from "../redrive-request.ts";
import type { Env } from "./env.ts";
import type { Walk } from "../scan-range.ts";
import { cursorAfter, isWithin, partAt } from "./part-walk.ts";
import { projectNamed } from "./read-token.ts";
import { refuse } from "./reply.ts";
import { sendAll } from "./send-again.ts";

/** Rows that one call sends. */
const rowsPerCall = 2_000;

/**
 * `POST /v1/admin/projects/:project/replay`: sends the rows of a range to the queue that is bound as REPLAY, one bounded step a call;
 * the answer's `cursor` is given back for the next. At least once: a step that is repeated sends the same messages.
 */
export const replayRoutes = new Hono<{ Bindings: Env }>();

const noQueue: Problem = {
  status: 503,
  title: "Not configured",
  detail: "No queue is bound as REPLAY: add it to the producers in analytics/wrangler.jsonc and deploy.",
};

replayRoutes.post("/:project/replay", async (context) => {
  const project = await projectNamed(context, context.req.param("project"));
  if (project === null) return refuse(context, notFound);
  const request = replayRequest(await context.req.text());
  if (!request.ok) return refuse(context, request.error);
  const { dataset, range, cursor } = request.value;
  const walk: Walk = { dataset, project: project.project, range };
  if (cursor !== null && !isWithin(cursor, walk)) {
    return refuse(context, invalid("cursor", "cursor must be one of an earlier answer to the same question."));
  }
  const queue = context.env.REPLAY;
  if (queue === undefined) return refuse(context, noQueue);
  return context.json(await replayStep(context.env, queue, walk, request.value));
});

async function replayStep(env: Env, queue: Queue, walk: Walk, request: ReplayRequest): Promise<object> {
  const part = await partAt(env.LAKE, walk, request.cursor);
  if (part === null) return { rows: 0, messages: 0, cursor: null };
  const all =
    walk.dataset === "events"
      ? await readRows(part.file, columnNames.events)
      : await readRejected(part.file, columnNames.rejected);
  const end = Math.min(all.length, part.row + rowsPerCall);
  const place = { dataset: walk.dataset, project: walk.project, key: part.key, etag: part.etag };
  const messages = replayMessages(place, all.slice(part.row, end), part.row);
  const outgoing = messages.map(({ text, bytes }) => ({
    request: { body: text, contentType: "text" } as const,
    bytes,
  }));
  await sendAll(queue, outgoing);
  const next = await cursorAfter(env.LAKE, walk, part, { row: end, rows: all.length });
  return {
    rows: Math.max(0, end - part.row),
    messages: messages.length,
    cursor: next === null ? null : cursorText(next),
  };
}
