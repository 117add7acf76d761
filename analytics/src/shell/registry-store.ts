import { fail, type KeyKind, ok, type Result, type SourceEntry, type WriteKey } from "@sluice/schema";
import { notFound, type Problem } from "../problem.ts";
import { parseScopes, type ReadScope } from "../read-scope.ts";

/** What one registry may hold; deleted and revoked entries count, because their names and serials are kept. */
const registryLimits = { projects: 1_000, sourcesPerProject: 100, keysPerProject: 1_000, tokensPerProject: 100 };

const bumpVersion = "UPDATE registry SET version = version + 1 WHERE one = 1";

/** The registry's rows in D1. Every change raises the version in the same transaction; the caller then publishes. */
export class RegistryStore {
  readonly #db: D1Database;

  constructor(db: D1Database) {
    this.#db = db;
  }

  async projects(): Promise<{ project: string; currency: string; createdAt: string }[]> {
    const sql = "SELECT project, currency, created_at FROM project WHERE deleted_at IS NULL ORDER BY project";
    const rows = await this.#db.prepare(sql).all<{ project: string; currency: string; created_at: number }>();
    return rows.results.map((row) => ({
      project: row.project,
      currency: row.currency,
      createdAt: iso(row.created_at),
    }));
  }

  /** Makes a project, or takes up a deleted one again: its data stayed, its keys remain revoked. */
  async createProject(project: string, currency: string, nowMs: number): Promise<Result<null, Problem>> {
    const sql = `INSERT INTO project (project, currency, created_at) SELECT ?1, ?2, ?3
      WHERE (SELECT count(*) FROM project) < ?4 OR EXISTS (SELECT 1 FROM project WHERE project = ?1)
      ON CONFLICT (project) DO UPDATE SET currency = excluded.currency, deleted_at = NULL
      WHERE project.deleted_at IS NOT NULL RETURNING project`;
    const made = await this.#change(this.#db.prepare(sql).bind(project, currency, nowMs, registryLimits.projects));
    if (made) return ok(null);
    const exists = await this.#isLive("SELECT 1 FROM project WHERE project = ? AND deleted_at IS NULL", [project]);
    return fail(exists ? conflict("project") : full("projects", registryLimits.projects));
  }

  /** Raises the number of a project's shards; it never falls, since each shard answers for the ids it has stored. */
  async raiseShards(project: string, shards: number): Promise<Result<null, Problem>> {
    const sql = `UPDATE project SET shards = ?2 WHERE project = ?1 AND deleted_at IS NULL AND shards < ?2
      RETURNING project`;
    if (await this.#change(this.#db.prepare(sql).bind(project, shards))) return ok(null);
    if (!(await this.#hasProject(project))) return fail(notFound);
    const detail = "A project has so many shards already; their number can only be raised.";
    return fail({ status: 409, title: "Not raised", detail, parameter: "shards" });
  }

  async deleteProject(project: string, nowMs: number): Promise<Result<null, Problem>> {
    const deleted = "UPDATE project SET deleted_at = ?2 WHERE project = ?1 AND deleted_at IS NULL RETURNING project";
    const done = await this.#change(
      this.#db.prepare(deleted).bind(project, nowMs),
      this.#db
        .prepare("UPDATE source SET deleted_at = ?2 WHERE project = ?1 AND deleted_at IS NULL")
        .bind(project, nowMs),
      this.#db
        .prepare("UPDATE write_key SET revoked_at = ?2 WHERE project = ?1 AND revoked_at IS NULL")
        .bind(project, nowMs),
      this.#db
        .prepare("UPDATE read_token SET revoked_at = ?2 WHERE project = ?1 AND revoked_at IS NULL")
        .bind(project, nowMs),
    );
    return done ? ok(null) : fail(notFound);
  }

  async sources(project: string): Promise<Result<ListedSource[], Problem>> {
    const sql = `SELECT source, ip_policy, allowed_origins, created_at FROM source
      WHERE project = ? AND deleted_at IS NULL ORDER BY source`;
    const rows = await this.#listOf<SourceListRow>(project, sql);
    if (!rows.ok) return rows;
    return ok(
      rows.value.map((row) => ({
        source: row.source,
        ipPolicy: row.ip_policy,
        allowedOrigins: JSON.parse(row.allowed_origins) as string[],
        createdAt: iso(row.created_at),
      })),
    );
  }

  async createSource(project: string, settings: SourceEntry, nowMs: number): Promise<Result<null, Problem>> {
    const { source, ipPolicy, allowedOrigins = [] } = settings;
    const sql = `INSERT INTO source (project, source, ip_policy, created_at, allowed_origins)
      SELECT project, ?2, ?3, ?4, ?6 FROM project
      WHERE project = ?1 AND deleted_at IS NULL AND ((SELECT count(*) FROM source WHERE project = ?1) < ?5
        OR EXISTS (SELECT 1 FROM source WHERE project = ?1 AND source = ?2))
      ON CONFLICT (project, source) DO UPDATE
        SET ip_policy = excluded.ip_policy, allowed_origins = excluded.allowed_origins, deleted_at = NULL
      WHERE source.deleted_at IS NOT NULL RETURNING source`;
    const limit = registryLimits.sourcesPerProject;
    const bound = this.#db.prepare(sql).bind(project, source, ipPolicy, nowMs, limit, JSON.stringify(allowedOrigins));
    const made = await this.#change(bound);
    if (made) return ok(null);
    if (!(await this.#hasProject(project))) return fail(notFound);
    const live = "SELECT 1 FROM source WHERE project = ? AND source = ? AND deleted_at IS NULL";
    return fail((await this.#isLive(live, [project, source])) ? conflict("source") : full("sources", limit));
  }

  async deleteSource(project: string, source: string, nowMs: number): Promise<Result<null, Problem>> {
    const deleted = `UPDATE source SET deleted_at = ?3 WHERE project = ?1 AND source = ?2 AND deleted_at IS NULL
      RETURNING source`;
    const revoked = "UPDATE write_key SET revoked_at = ?3 WHERE project = ?1 AND source = ?2 AND revoked_at IS NULL";
    const done = await this.#change(
      this.#db.prepare(deleted).bind(project, source, nowMs),
      this.#db.prepare(revoked).bind(project, source, nowMs),
    );
    return done ? ok(null) : fail(notFound);
  }

  async keys(project: string): Promise<Result<ListedKey[], Problem>> {
    const sql = "SELECT serial, source, kind, created_at, revoked_at FROM write_key WHERE project = ? ORDER BY serial";
    const rows = await this.#listOf<KeyRow>(project, sql);
    if (!rows.ok) return rows;
    return ok(
      rows.value.map(({ serial, source, kind, created_at, revoked_at }) => {
        const revokedAt = revoked_at === null ? null : iso(revoked_at);
        return { serial, source, kind, createdAt: iso(created_at), revokedAt };
      }),
    );
  }

  /** Takes the next serial of the project, which no key ever had. */
  async createKey(project: string, source: string, kind: KeyKind, nowMs: number): Promise<Result<WriteKey, Problem>> {
    const sql = `INSERT INTO write_key (project, serial, source, kind, created_at)
      SELECT s.project, (SELECT coalesce(max(serial), 0) + 1 FROM write_key WHERE project = ?1), s.source, ?3, ?4
      FROM source s JOIN project p ON p.project = s.project
      WHERE s.project = ?1 AND s.source = ?2 AND s.deleted_at IS NULL AND p.deleted_at IS NULL
        AND (SELECT count(*) FROM write_key WHERE project = ?1) < ?5 RETURNING serial`;
    const limit = registryLimits.keysPerProject;
    const made = await this.#db.batch<{ serial: number }>([
      this.#db.prepare(sql).bind(project, source, kind, nowMs, limit),
      this.#db.prepare(bumpVersion),
    ]);
    const serial = made[0]?.results[0]?.serial;
    if (serial !== undefined) return ok({ project, source, kind, serial });
    const live = "SELECT 1 FROM source WHERE project = ? AND source = ? AND deleted_at IS NULL";
    const exists = (await this.#hasProject(project)) && (await this.#isLive(live, [project, source]));
    return fail(exists ? full("keys", limit) : notFound);
  }

  async revokeKey(project: string, serial: number, nowMs: number): Promise<Result<null, Problem>> {
    const sql = `UPDATE write_key SET revoked_at = ?3 WHERE project = ?1 AND serial = ?2 AND revoked_at IS NULL
      RETURNING serial`;
    return (await this.#change(this.#db.prepare(sql).bind(project, serial, nowMs))) ? ok(null) : fail(notFound);
  }

  async tokens(project: string): Promise<Result<ListedToken[], Problem>> {
    const sql = `SELECT id, name, scopes, created_at, expires_at FROM read_token
      WHERE project = ? AND revoked_at IS NULL ORDER BY created_at, id`;
    const rows = await this.#listOf<TokenRow>(project, sql);
    if (!rows.ok) return rows;
    return ok(
      rows.value.map(({ id, name, scopes, created_at, expires_at }) => {
        const expiresAt = expires_at === null ? null : iso(expires_at);
        return { id, name, scopes: parseScopes(scopes), createdAt: iso(created_at), expiresAt };
      }),
    );
  }

  /** A token that has ended no longer counts towards the limit. */
  async createToken(project: string, token: NewToken, nowMs: number): Promise<Result<null, Problem>> {
    const sql = `INSERT INTO read_token (token_hash, project, id, name, created_at, scopes, expires_at)
      SELECT ?2, project, ?3, ?4, ?5, ?7, ?8 FROM project WHERE project = ?1 AND deleted_at IS NULL AND
        (SELECT count(*) FROM read_token WHERE project = ?1 AND revoked_at IS NULL AND coalesce(expires_at, ?5 + 1) > ?5) < ?6
      RETURNING id`;
    const limit = registryLimits.tokensPerProject;
    const { hash, id, name, scopes, expiresMs } = token;
    const bound = this.#db.prepare(sql).bind(project, hash, id, name, nowMs, limit, JSON.stringify(scopes), expiresMs);
    if ((await bound.all()).results.length > 0) return ok(null);
    return fail((await this.#hasProject(project)) ? full("tokens", limit) : notFound);
  }

  /** Replaces the origins whose pages may ask with the project's read tokens. They are no part of the edge's snapshot. */
  async setQueryOrigins(project: string, origins: readonly string[]): Promise<Result<null, Problem>> {
    const sql = "UPDATE project SET query_origins = ?2 WHERE project = ?1 AND deleted_at IS NULL RETURNING project";
    const changed = await this.#db.prepare(sql).bind(project, JSON.stringify(origins)).all();
    return changed.results.length > 0 ? ok(null) : fail(notFound);
  }

  async revokeToken(project: string, id: string, nowMs: number): Promise<Result<null, Problem>> {
    const sql =
      "UPDATE read_token SET revoked_at = ?3 WHERE project = ?1 AND id = ?2 AND revoked_at IS NULL RETURNING id";
    const revoked = await this.#db.prepare(sql).bind(project, id, nowMs).all();
    return revoked.results.length > 0 ? ok(null) : fail(notFound);
  }

  /** Runs a change and the raise of the version in one transaction; says whether the first statement hit a row. */
  async #change(...statements: D1PreparedStatement[]): Promise<boolean> {
    const results = await this.#db.batch([...statements, this.#db.prepare(bumpVersion)]);
    return (results[0]?.results.length ?? 0) > 0;
  }

  async #listOf<Row>(project: string, sql: string): Promise<Result<Row[], Problem>> {
    if (!(await this.#hasProject(project))) return fail(notFound);
    return ok((await this.#db.prepare(sql).bind(project).all<Row>()).results);
  }

  async #hasProject(project: string): Promise<boolean> {
    return this.#isLive("SELECT 1 FROM project WHERE project = ? AND deleted_at IS NULL", [project]);
  }

  async #isLive(sql: string, values: readonly string[]): Promise<boolean> {
    return (
      (await this.#db
        .prepare(sql)
        .bind(...values)
        .first()) !== null
    );
  }
}

/** What is stored of a new read token. */
export interface NewToken {
  readonly hash: string;
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly ReadScope[];
  /** `null`: never. */
  readonly expiresMs: number | null;
}

/** A read token in a list: never its text. */
interface ListedToken {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly ReadScope[];
  readonly createdAt: string;
  readonly expiresAt: string | null;
}

interface TokenRow {
  readonly id: string;
  readonly name: string;
  readonly scopes: string;
  readonly created_at: number;
  readonly expires_at: number | null;
}

/** A source in a list. */
export interface ListedSource {
  readonly source: string;
  readonly ipPolicy: string;
  readonly allowedOrigins: readonly string[];
  readonly createdAt: string;
}

interface SourceListRow {
  readonly source: string;
  readonly ip_policy: string;
  readonly allowed_origins: string;
  readonly created_at: number;
}

/** A write key in a list: never its text. */
export interface ListedKey {
  readonly serial: number;
  readonly source: string;
  readonly kind: string;
  readonly createdAt: string;
  readonly revokedAt: string | null;
}

interface KeyRow {
  readonly serial: number;
  readonly source: string;
  readonly kind: string;
  readonly created_at: number;
  readonly revoked_at: number | null;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function conflict(parameter: "project" | "source"): Problem {
  const detail = `A ${parameter} of this name exists already.`;
  return { status: 409, title: "Already exists", detail, parameter };
}

function full(what: string, limit: number): Problem {
  return {
    status: 422,
    title: "Limit reached",
    detail: `There may be at most ${limit} ${what}, revoked ones included.`,
  };
}
