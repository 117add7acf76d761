import { fail, isOriginListed, ok, type Result } from "@sluice/schema";
import { notFound, type Problem } from "../problem.ts";
import { originRefused, outOfScope, parseScopes, type ReadScope } from "../read-scope.ts";
import type { Ask } from "./reply.ts";
import { bearerOf, sha256Hex } from "./secrets.ts";

/** A project as the routes of one project need it. */
export interface TokenProject {
  readonly project: string;
  readonly shards: number;
}

/** Who asks: the project of the read token, what it may read, and what answers need of the project. */
export interface Reader extends TokenProject {
  readonly scopes: readonly ReadScope[];
  /** Currency of events that state none. */
  readonly currency: string;
  /** When the last roll-up began that found all logs read; before the first, when the project was made. */
  readonly asOfMs: number;
  /** When its numbers were last asked for, as far as that is noted. */
  readonly askedMs: number;
}

/** The answer to a request without a read token, or with one that is none, has ended or was revoked. */
const unknownToken: Problem = {
  status: 401,
  title: "Unknown token",
  detail: "A read token is needed: Authorization: Bearer slr_… (make one with the project's admin API).",
};

/**
 * The reader of a request, or why there is none: 401 without a valid token, 403 when it does not cover `scope` or the page's origin
 * is not listed, 404 when `?project=` names another project. Tokens are looked up by hash, so no comparison takes time that tells.
 */
export async function readerOf(context: Ask, scope: ReadScope): Promise<Result<Reader, Problem>> {
  const token = bearerOf(context.req.header("authorization"));
  const row = token === null ? null : await tokenRow(context, token);
  if (row === null) return fail(unknownToken);
  const origin = context.req.header("origin");
  const listed = JSON.parse(row.queryOrigins) as readonly string[];
  if (origin !== undefined && listed.length > 0 && !isOriginListed(listed, origin)) return fail(originRefused);
  if ((context.req.query("project") ?? row.project) !== row.project) return fail(notFound);
  const scopes = parseScopes(row.scopes);
  const { project, shards, currency, asOfMs, askedMs } = row;
  return scopes.includes(scope) ? ok({ project, shards, currency, asOfMs, askedMs, scopes }) : fail(outOfScope(scope));
}

interface TokenRow extends Omit<Reader, "scopes">, Record<string, unknown> {
  readonly scopes: string;
  readonly queryOrigins: string;
}

async function tokenRow(context: Ask, token: string): Promise<TokenRow | null> {
  const sql = `SELECT p.project, p.shards, p.currency, p.query_origins AS queryOrigins, t.scopes,
      coalesce(r.as_of, p.created_at) AS asOfMs, coalesce(r.asked_at, 0) AS askedMs
    FROM read_token t JOIN project p ON p.project = t.project LEFT JOIN project_rollup r ON r.project = p.project
    WHERE t.token_hash = ?1 AND t.revoked_at IS NULL AND coalesce(t.expires_at, ?2 + 1) > ?2 AND p.deleted_at IS NULL`;
  return context.env.DB.prepare(sql)
    .bind(await sha256Hex(token), Date.now())
    .first<TokenRow>();
}

/** A project by its name, for the operator. */
export async function projectNamed(context: Ask, project: string): Promise<TokenProject | null> {
  const sql = "SELECT project, shards FROM project WHERE project = ? AND deleted_at IS NULL";
  return context.env.DB.prepare(sql).bind(project).first<TokenProject & Record<string, unknown>>();
}
