import type { Result } from "@sluice/schema";
import type { Context, Handler } from "hono";
import { type Call, callOf } from "../call.ts";
import type { RefusalCode } from "../refusal.ts";
import { commonHeaders } from "../cors.ts";
import { deliveryPorts } from "./deliver.ts";
import type { Edge } from "./edge.ts";
import type { Env } from "./env.ts";
import { ingest, type TakenRequest } from "./ingest.ts";
import { logLine } from "./log.ts";
import { refuse } from "./refuse.ts";
import { replayOwn } from "./replay.ts";

type AppContext = Context<{ Bindings: Env }>;

/** The handler of a path that takes events, answered in JSON. */
export function ingestHandler(callName: string, edgeOf: (env: Env) => Edge): Handler<{ Bindings: Env }> {
  const call = knownCall(callName);
  return async (c) => {
    const result = await ingestCounted(c, c.req.raw, call, edgeOf(c.env));
    return result.ok ? accepted(result.value) : refuse(c, result.error);
  };
}

/** Made once: each header that is put on a reply by itself costs as much as judging several events. */
const acceptedHeaders = new Headers([["Content-Type", "application/json"], ...commonHeaders]);

function accepted({ reply, setCookie }: TakenRequest): Response {
  const response = new Response(JSON.stringify(reply), { headers: acceptedHeaders });
  if (setCookie !== null) response.headers.append("Set-Cookie", setCookie);
  return response;
}

/** The call that a route was made for; that there is none would be a mistake in the table of routes. */
export function knownCall(name: string): Call {
  const call = callOf(name);
  if (call === null) throw new Error(`routes.ts names the unknown call ${name}`);
  return call;
}

/**
 * Takes the events of a request, which may be another than the one that was answered to (pixels carry their event elsewhere).
 * Around that: the registry and spilled messages in the background, the counters, and for a few requests a line in the log.
 */
export async function ingestCounted(
  c: AppContext,
  request: Request,
  call: Call,
  edge: Edge,
): Promise<Result<TakenRequest, RefusalCode>> {
  const startedMs = Date.now();
  const refresh = edge.registry.refreshIfDue(c.env, startedMs);
  if (refresh !== null) c.executionCtx.waitUntil(refresh);
  edge.counters.requestStarted();
  try {
    const result = await ingest(request, call, edge, deliveryPorts(c.env, edge));
    const own = edge.spills.take();
    if (own.length > 0) c.executionCtx.waitUntil(replayOwn(own, { ...deliveryPorts(c.env, edge), lake: c.env.LAKE }));
    if (!result.ok) edge.counters.requestRefused(result.error);
    if (Math.random() < edge.settings.logSample) logSampled(c, result, edge, Date.now() - startedMs);
    return result;
  } finally {
    edge.counters.requestEnded(Date.now() - startedMs);
  }
}

/** One line about a request: what became of it, in closed words and counts. */
function logSampled(c: AppContext, result: Result<TakenRequest, RefusalCode>, edge: Edge, ms: number): void {
  const route = c.req.routePath;
  const sample = edge.settings.logSample;
  if (!result.ok) {
    logLine("info", "request_refused", { route, code: result.error, ms, sample });
    return;
  }
  const { accepted, rejected } = result.value.reply;
  logLine("info", "request_accepted", { route, accepted, rejected: rejected.length, ms, sample });
}
