import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import { callOf } from "../call.ts";
import { type RefusalCode, refusalOf } from "../refusal.ts";
import { deliveryPorts } from "./deliver.ts";
import type { Edge } from "./edge.ts";
import type { Env } from "./env.ts";
import { ingest } from "./ingest.ts";
import { logLine } from "./log.ts";
import { isOperator } from "./operator.ts";
import { sdkFileHandler } from "./sdk-file.ts";

type AppContext = Context<{ Bindings: Env }>;

/**
 * The routes of the edge.
 *
 * @param script the built web SDK, served as /sluice.js.
 * @param edgeOf the isolate's state.
 */
export function createApp(script: string, edgeOf: (env: Env) => Edge): Hono<{ Bindings: Env }> {
  const app = new Hono<{ Bindings: Env }>();
  app.use(
    "*",
    cors({
      // Keys in pages are public and nothing here reads cookies, so every origin may send, and is named back.
      origin: (origin) => (origin === "" ? null : origin),
      allowMethods: ["GET", "POST", "OPTIONS"],
      // Without a list of its own the middleware allows the headers that were asked for.
      exposeHeaders: ["Retry-After", "X-RateLimit-Reset"],
      maxAge: 7200,
    }),
  );
  app.use("*", async (c, next) => {
    c.header("X-Content-Type-Options", "nosniff");
    await next();
  });
  app.get("/sluice.js", sdkFileHandler(script));
  app.get("/v1/health", (c) => c.json({ ok: true }));
  app.get("/v1/internal/counters", (c) => counters(c, edgeOf(c.env)));
  app.post("/v1/internal/drain", (c) => drain(c, edgeOf(c.env)));
  app.post("/v1/:call", (c) => ingestCall(c, edgeOf(c.env)));
  app.notFound((c) => refuse(c, "not_found"));
  app.onError((error, c) => {
    logLine("error", "unexpected", { route: c.req.routePath }, error);
    edgeOf(c.env).counters.requestRefused("unexpected");
    return refuse(c, "unexpected"); // 503: whatever went wrong is ours, so that clients keep their events and retry
  });
  return app;
}

async function ingestCall(c: AppContext, edge: Edge): Promise<Response> {
  const call = callOf(c.req.param("call") ?? "");
  if (call === null) return refuse(c, "not_found");
  const refresh = edge.registry.refreshIfDue(c.env.LAKE, Date.now());
  if (refresh !== null) c.executionCtx.waitUntil(refresh);
  edge.counters.requestStarted();
  try {
    const result = await ingest(c.req.raw, call, edge, deliveryPorts(c.env, edge.counters));
    if (result.ok) return c.json(result.value);
    edge.counters.requestRefused(result.error);
    return refuse(c, result.error);
  } finally {
    edge.counters.requestEnded();
  }
}

function counters(c: AppContext, edge: Edge): Response {
  if (!isOperator(c.req.header("authorization") ?? null, c.env)) return refuse(c, "not_found");
  c.header("Cache-Control", "no-store");
  return c.json(edge.counters.report());
}

/** Local shutdown: refuse from now on, so that what is in the queue can run dry. Elsewhere one isolate of many would stop. */
function drain(c: AppContext, edge: Edge): Response {
  if (c.env.LOCAL !== "1" || !isOperator(c.req.header("authorization") ?? null, c.env)) return refuse(c, "not_found");
  edge.draining = true;
  return c.json({ draining: true, ...edge.counters.report() });
}

function refuse(c: AppContext, code: RefusalCode): Response {
  const { status, body, retryAfterSeconds } = refusalOf(code);
  if (retryAfterSeconds !== null) c.header("Retry-After", String(retryAfterSeconds));
  return c.json(body, status);
}
