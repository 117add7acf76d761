import type { Problem } from "../problem.ts";
import { bearerOf, sha256Hex } from "./secrets.ts";
import type { Ask } from "./reply.ts";

/** A project as the routes of one project need it. */
export interface TokenProject {
  readonly project: string;
  readonly shards: number;
}

/** The answer to a request without a read token, or with one that is none. */
export const unknownToken: Problem = {
  status: 401,
  title: "Unknown token",
  detail: "A read token is needed: Authorization: Bearer slr_… (make one with the project's admin API).",
};

/** The project of a request's read token; tokens are looked up by hash, so no comparison here takes time that tells. */
export async function projectOfToken(context: Ask): Promise<TokenProject | null> {
  const token = bearerOf(context.req.header("authorization"));
  if (token === null) return null;
  const sql = `SELECT p.project, p.shards FROM read_token t JOIN project p ON p.project = t.project
    WHERE t.token_hash = ? AND t.revoked_at IS NULL AND p.deleted_at IS NULL`;
  const bound = context.env.DB.prepare(sql).bind(await sha256Hex(token));
  return bound.first<TokenProject & Record<string, unknown>>();
}

/** A project by its name, for the operator. */
export async function projectNamed(context: Ask, project: string): Promise<TokenProject | null> {
  const sql = "SELECT project, shards FROM project WHERE project = ? AND deleted_at IS NULL";
  return context.env.DB.prepare(sql).bind(project).first<TokenProject & Record<string, unknown>>();
}
