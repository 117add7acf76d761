import type { Context } from "hono";
import { type RefusalCode, refusalOf } from "../refusal.ts";

/** Answers with a refusal of the closed set, as JSON. */
export function refuse(c: Context, code: RefusalCode): Response {
  const { status, body, retryAfterSeconds } = refusalOf(code);
  if (retryAfterSeconds !== null) c.header("Retry-After", String(retryAfterSeconds));
  return c.json(body, status);
}
