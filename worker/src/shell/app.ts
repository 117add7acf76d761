import { type Context, type Handler, Hono } from "hono";
import { eventSchema } from "../event-schema.ts";
import { openApiDocument } from "../openapi.ts";
import { prometheusContentType, prometheusText } from "../prometheus.ts";
import { type RouteKind, type Route, routes } from "../routes.ts";
import { settingsHandler, sourceConfigHandler } from "./boot.ts";
import type { Edge } from "./edge.ts";
import type { Env } from "./env.ts";
import { ingestHandler } from "./ingest-call.ts";
import { logLine } from "./log.ts";
import { isOperator } from "./operator.ts";
import { rudderPixelHandler, segmentPixelHandler } from "./pixel-call.ts";
import { refuse } from "./refuse.ts";
import { sdkFileHandler } from "./sdk-file.ts";

type AppContext = Context<{ Bindings: Env }>;

/**
 * The routes of the edge, as the table says. What every reply carries is added in worker.ts.
 *
 * @param script the built web SDK, served as /sluice.js.
 * @param edgeOf the isolate's state.
 */
export function createApp(script: string, edgeOf: (env: Env) => Edge): Hono<{ Bindings: Env }> {
  const app = new Hono<{ Bindings: Env }>();
  const handlers = handlersOf(script, edgeOf);
  for (const route of routes) app.on(route.method, route.path, handlers[route.kind](route));
  app.notFound((c) => refuse(c, "not_found"));
  app.onError((error, c) => {
    logLine("error", "unexpected", { route: c.req.routePath }, error);
    edgeOf(c.env).counters.requestRefused("unexpected");
    return refuse(c, "unexpected"); // 503: whatever went wrong is ours, so that clients keep their events and retry
  });
  return app;
}

/** Makes the handler of a route. */
type HandlerOf = (route: Route) => Handler<{ Bindings: Env }>;

function handlersOf(script: string, edgeOf: (env: Env) => Edge): Readonly<Record<RouteKind, HandlerOf>> {
  const ofOperator = (answer: (c: AppContext, edge: Edge) => Response): HandlerOf => {
    return () => (c) =>
      isOperator(c.req.header("authorization") ?? null, c.env) ? answer(c, edgeOf(c.env)) : refuse(c, "not_found");
  };
  return {
    ingest: ({ call }) => ingestHandler(call, edgeOf),
    segmentPixel: ({ call }) => segmentPixelHandler(call, edgeOf),
    rudderPixel: ({ call }) => rudderPixelHandler(call, edgeOf),
    clientMetrics: () => (c) => {
      edgeOf(c.env).counters.clientMetricsReceived();
      return c.json({ success: true });
    },
    settings: () => settingsHandler(edgeOf),
    sourceConfig: () => sourceConfigHandler(edgeOf),
    sdkFile: () => sdkFileHandler(script),
    health: () => (c) => c.json({ ok: true }),
    eventSchema: () => (c) => c.json(eventSchema()),
    openapi: () => (c) => {
      const { hosts } = edgeOf(c.env).settings;
      return c.json(openApiDocument(hosts.map(({ protocol, host }) => `${protocol}://${host}`)));
    },
    counters: ofOperator(counters),
    metrics: ofOperator(metrics),
    drain: ofOperator(drain),
  };
}

function counters(c: AppContext, edge: Edge): Response {
  c.header("Cache-Control", "no-store");
  return c.json({ isolateId: edge.numbers.isolateId, ...edge.counters.report() });
}

function metrics(c: AppContext, edge: Edge): Response {
  const headers = { "Cache-Control": "no-store", "Content-Type": prometheusContentType };
  return c.body(prometheusText(edge.counters.report(), edge.numbers.isolateId), 200, headers);
}

/** Local shutdown: refuse from now on, so that what is in the queue can run dry. Elsewhere one isolate of many would stop. */
function drain(c: AppContext, edge: Edge): Response {
  if (c.env.LOCAL !== "1") return refuse(c, "not_found");
  edge.draining = true;
  return c.json({ draining: true, ...edge.counters.report() });
}
