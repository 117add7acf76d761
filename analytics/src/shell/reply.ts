import type { Context } from "hono";
import { type Problem, problemBody } from "../problem.ts";
import type { Env } from "./env.ts";

/** The context of a request in this Worker. */
export type Ask = Context<{ Bindings: Env }>;

/** A refusal as `application/problem+json`, never cached. */
export function refuse(context: Ask, problem: Problem): Response {
  const headers = { "content-type": "application/problem+json", "cache-control": "no-store" };
  if (problem.status === 401) Object.assign(headers, { "www-authenticate": "Bearer" });
  return context.body(JSON.stringify(problemBody(problem)), problem.status, headers);
}
