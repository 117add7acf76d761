import type { ExecutionContext } from "hono";
import { missingHeaders, preflightHeaders } from "../cors.ts";
import { sendTimeMsMax } from "../limits.ts";
import { createApp } from "./app.ts";
import { createEdge, type Edge } from "./edge.ts";
import type { Env } from "./env.ts";
import { replaySpills } from "./replay.ts";
import { TimeLimits } from "./time-limit.ts";

/** Makes the Worker's handlers: HTTP, and a cron that replays spilled messages. */
export function createWorker(script: string) {
  let edge: Edge | null = null;
  const edgeOf = (env: Env): Edge => (edge ??= createEdge(env));
  const app = createApp(script, edgeOf);
  return {
    async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
      const isPreflight = request.method === "OPTIONS";
      const reply = isPreflight ? new Response(null, { status: 204 }) : await app.fetch(request, env, context);
      const origin = request.headers.get("origin");
      for (const [name, value] of missingHeaders(reply.headers, origin)) reply.headers.append(name, value);
      if (!isPreflight) return reply;
      const asked = request.headers.get("access-control-request-headers");
      for (const [name, value] of preflightHeaders(asked)) reply.headers.append(name, value);
      return reply;
    },
    async scheduled(_event: unknown, env: Env): Promise<void> {
      const { counters } = edgeOf(env);
      await replaySpills({ queue: env.EVENTS, lake: env.LAKE, counters, limits: new TimeLimits(), sendTimeMsMax });
    },
  };
}
