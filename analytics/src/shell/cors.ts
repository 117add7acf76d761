import { createMiddleware } from "hono/factory";
import type { Env } from "./env.ts";

/**
 * Lets pages ask. A token is sent explicitly, never by the browser on its own, so any origin may send a request; whose answers it gets
 * is decided with the token, by the project's list of origins (see `readerOf`). A preflight carries no token, so it is not refused.
 */
export const cors = createMiddleware<{ Bindings: Env }>(async (context, next) => {
  if (context.req.path.startsWith("/v1/admin/")) return next();
  if (context.req.method === "OPTIONS") return context.body(null, 204, { ...corsHeaders, ...preflightHeaders });
  await next();
  for (const [name, value] of Object.entries(corsHeaders)) context.header(name, value);
  return undefined;
});

const corsHeaders = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "etag, link, sluice-cursor, retry-after",
};
const preflightHeaders = {
  "access-control-allow-methods": "GET, POST",
  "access-control-allow-headers": "authorization, content-type, if-none-match",
  "access-control-max-age": "7200",
};
