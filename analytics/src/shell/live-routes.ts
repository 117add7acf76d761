import type { TailPage } from "@sluice/schema";
import { Hono } from "hono";
import { onlyKnown } from "../hour-range.ts";
import { liveAnswer } from "../live/live-minutes.ts";
import { liveEvents, liveEventsQuestion, liveEventsRequest, placesText } from "../live/live-events.ts";
import { notFound } from "../problem.ts";
import { answerJson } from "./answer.ts";
import type { Env } from "./env.ts";
import { eventsOfLastMinutes } from "./live-tail.ts";
import { projectNamed, readerOf, type TokenProject } from "./read-token.ts";
import { type Ask, refuse } from "./reply.ts";
import { shardLog } from "./shard-logs.ts";

/** `GET /v1/live` and `GET /v1/live/events`, for the project of the read token. */
export const liveRoutes = new Hono<{ Bindings: Env }>();

/** Events and active users of the last 30 minutes, by minute. */
liveRoutes.get("/live", async (context) => {
  const reader = await readerOf(context, "kpis");
  if (!reader.ok) return refuse(context, reader.error);
  const project = reader.value;
  const known = onlyKnown(new URL(context.req.url).searchParams, ["project"]);
  if (!known.ok) return refuse(context, known.error);
  const { rows, asOfMs, isWhole } = await eventsOfLastMinutes(context.env, project, Date.now());
  const answer = liveAnswer(project.project, rows, asOfMs, isWhole);
  return answerJson(context, answer);
});

/** The last events and rejects of each source, or those since the cursor of an earlier answer. */
liveRoutes.get("/live/events", async (context) => {
  const reader = await readerOf(context, "users");
  return reader.ok ? lastEvents(context, reader.value) : refuse(context, reader.error);
});

/** The same for the operator, mounted at `/v1/admin/projects`. */
export const adminLiveRoutes = new Hono<{ Bindings: Env }>();

adminLiveRoutes.get("/:project/live/events", async (context) => {
  const project = await projectNamed(context, context.req.param("project"));
  return project === null ? refuse(context, notFound) : lastEvents(context, project);
});

async function lastEvents(context: Ask, project: TokenProject): Promise<Response> {
  const question = liveEventsQuestion(new URL(context.req.url).searchParams);
  if (!question.ok) return refuse(context, question.error);
  const pages: TailPage[] = [];
  for (let shard = 0; shard < project.shards; shard++) {
    const log = shardLog(context.env, project.project, shard);
    const after = question.value.after[shard];
    const page = await log.tail(liveEventsRequest(after));
    // A log that began anew is read from its newest again.
    const isAnew = after !== undefined && after.birthId !== page.birthId;
    pages.push(isAnew ? await log.tail(liveEventsRequest(undefined)) : page);
  }
  const cursor = placesText(pages.map(({ birthId, throughSequence }) => ({ birthId, sequence: throughSequence })));
  const answer = {
    project: project.project,
    asOf: new Date().toISOString(),
    ...liveEvents(pages, question.value),
    cursor,
  };
  return answerJson(context, answer);
}
