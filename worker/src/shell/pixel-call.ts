import type { Result } from "@sluice/schema";
import type { Context, Handler } from "hono";
import { pixelGif, rudderPixelBody, segmentPixelBody } from "../pixel.ts";
import { type RefusalCode, refusalOf } from "../refusal.ts";
import type { Edge } from "./edge.ts";
import type { Env } from "./env.ts";
import { ingestCounted, knownCall } from "./ingest-call.ts";

type AppContext = Context<{ Bindings: Env }>;
type EdgeOf = (env: Env) => Edge;

/** Segment's pixel: the event, with its write key, in `?data=`. */
export function segmentPixelHandler(callName: string, edgeOf: EdgeOf): Handler<{ Bindings: Env }> {
  return pixelHandler(callName, edgeOf, (query) => segmentPixelBody(query.get("data")));
}

/** RudderStack's pixel: the event's fields as parameters of the query, beside the write key. */
export function rudderPixelHandler(callName: string, edgeOf: EdgeOf): Handler<{ Bindings: Env }> {
  return pixelHandler(callName, edgeOf, (query) => ({ ok: true, value: rudderPixelBody(query) }));
}

/** Hands the event to ingest as if it had been posted, and answers with an image whatever becomes of it. */
function pixelHandler(
  callName: string,
  edgeOf: EdgeOf,
  bodyOf: (query: URLSearchParams) => Result<Uint8Array, RefusalCode>,
): Handler<{ Bindings: Env }> {
  const call = knownCall(callName);
  return async (c) => {
    const edge = edgeOf(c.env);
    const body = bodyOf(new URL(c.req.url).searchParams);
    if (!body.ok) edge.counters.requestRefused(body.error);
    const result = body.ok ? await ingestCounted(c, asPost(c.req.raw, body.value), call, edge) : body;
    return image(c, result.ok ? null : result.error);
  };
}

/** The same request with a body: headers and metadata stay, so that place, address and user agent do. */
function asPost(request: Request, body: Uint8Array): Request {
  return new Request(request, { method: "POST", body: body as BodyInit });
}

/** Browsers and mail readers show the image under every status; a page must not show a broken one because of us. */
function image(c: AppContext, code: RefusalCode | null): Response {
  const refusal = code === null ? null : refusalOf(code);
  c.header("Content-Type", "image/gif");
  c.header("Cache-Control", "no-store");
  // Pages that isolate themselves (COEP) may load images of other origins only when those allow it.
  c.header("Cross-Origin-Resource-Policy", "cross-origin");
  if (refusal !== null && refusal.retryAfterSeconds !== null)
    c.header("Retry-After", String(refusal.retryAfterSeconds));
  return c.body(pixelGif as Uint8Array<ArrayBuffer>, refusal?.status ?? 200);
}
