import type { Ask } from "./reply.ts";
import { sha256Hex } from "./secrets.ts";

/**
 * Answers with JSON under an entity tag: 304 when the asker has it already. Answers depend on the token, so that only the asker's own
 * cache may keep them, and must ask again each time.
 */
export async function answerJson(context: Ask, value: unknown): Promise<Response> {
  const body = JSON.stringify(value);
  const etag = await etagOf(body);
  const headers = privateHeaders(etag);
  if (hasAlready(context, etag)) return context.body(null, 304, headers);
  return context.body(body, 200, { ...headers, "content-type": "application/json" });
}

/** The entity tag of an answer, made of its text or of everything that it follows from. */
export async function etagOf(text: string): Promise<string> {
  return `"${(await sha256Hex(text)).slice(0, 32)}"`;
}

/** Headers of an answer that only its asker may keep. */
export function privateHeaders(etag: string): Record<string, string> {
  return { etag, "cache-control": "private, no-cache", vary: "authorization, origin" };
}

/** Whether the asker names the tag in `If-None-Match`. */
export function hasAlready(context: Ask, etag: string): boolean {
  const tags = (context.req.header("if-none-match") ?? "").split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.includes(etag) || tags.includes("*");
}
