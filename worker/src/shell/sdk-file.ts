import { createHash } from "node:crypto";
import type { Context } from "hono";

/** A day, then a week in which the old file is served while the new one is fetched: sites need not change their snippet. */
const cacheControl = "public, max-age=86400, stale-while-revalidate=604800";

/** Answers with the web SDK; 304 when the browser has it already. */
export function sdkFileHandler(script: string): (c: Context) => Response {
  const etag = `"${createHash("sha256").update(script).digest("base64url").slice(0, 22)}"`;
  return (c) => {
    c.header("ETag", etag);
    c.header("Cache-Control", cacheControl);
    // Pages that isolate themselves (COEP) may load scripts of other origins only when those allow it.
    c.header("Cross-Origin-Resource-Policy", "cross-origin");
    const known = (c.req.header("if-none-match") ?? "").split(",").map((tag) => tag.trim().replace(/^W\//, ""));
    if (known.includes(etag)) return c.body(null, 304);
    c.header("Content-Type", "text/javascript; charset=utf-8");
    return c.body(script);
  };
}
