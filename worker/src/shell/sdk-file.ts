import { createHash } from "node:crypto";
import type { Context } from "hono";

/** A day, then a week in which the old file is served while the new one is fetched: sites need not change their snippet. */
const cacheControl = "public, max-age=86400, stale-while-revalidate=604800";

/** A year: under its own hash the file never changes. */
const immutable = "public, max-age=31536000, immutable";

/**
 * Answers with the web SDK; 304 when the browser has it already. `Sluice-Script` names the path under which this very file
 * may be cached for a year, `Sluice-Integrity` its subresource integrity.
 */
export function sdkFileHandler(script: string): (c: Context) => Response {
  const hash = createHash("sha256").update(script).digest("base64url").slice(0, 22);
  const integrity = `sha384-${createHash("sha384").update(script).digest("base64")}`;
  const etag = `"${hash}"`;
  const path = `/s/${hash}.js`;
  return (c) => {
    c.header("ETag", etag);
    c.header("Cache-Control", c.req.path === path ? immutable : cacheControl);
    c.header("Sluice-Script", path);
    c.header("Sluice-Integrity", integrity);
    // Pages that isolate themselves (COEP) may load scripts of other origins only when those allow it.
    c.header("Cross-Origin-Resource-Policy", "cross-origin");
    const known = (c.req.header("if-none-match") ?? "").split(",").map((tag) => tag.trim().replace(/^W\//, ""));
    if (known.includes(etag)) return c.body(null, 304);
    c.header("Content-Type", "text/javascript; charset=utf-8");
    return c.body(script);
  };
}
