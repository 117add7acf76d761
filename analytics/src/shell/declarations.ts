import { fail, ok, type Result } from "@sluice/schema";
import { notFound, type Problem } from "../problem.ts";

/** A kind of thing that projects declare: its table, the column of its name, and how many a project may have. */
export interface DeclaredKind {
  readonly table: "funnel" | "declared_kpi";
  readonly column: "funnel" | "kpi";
  /** In a refusal. */
  readonly plural: string;
  readonly countMax: number;
}

/** One declaration as stored. */
export interface StoredDeclaration {
  readonly name: string;
  /** Raised with each change of the definition, so that old and new numbers are never compared by mistake. */
  readonly version: number;
  /** JSON. */
  readonly definition: string;
}

/** Declares something, or changes it: then its version rises, which is returned. The same declaration again changes nothing. */
export async function declare(
  db: D1Database,
  { table, column, plural, countMax }: DeclaredKind,
  project: string,
  { name, definition }: Pick<StoredDeclaration, "name" | "definition">,
  nowMs: number,
): Promise<Result<number, Problem>> {
  const sql = `INSERT INTO ${table} (project, ${column}, definition, version, created_at)
    SELECT project, ?2, ?3, 1, ?4 FROM project WHERE project = ?1 AND deleted_at IS NULL
      AND ((SELECT count(*) FROM ${table} WHERE project = ?1 AND deleted_at IS NULL) < ?5
        OR EXISTS (SELECT 1 FROM ${table} WHERE project = ?1 AND ${column} = ?2 AND deleted_at IS NULL))
    ON CONFLICT (project, ${column}) DO UPDATE SET version = version + (definition <> excluded.definition),
      definition = excluded.definition, deleted_at = NULL
    RETURNING version`;
  const row = await db.prepare(sql).bind(project, name, definition, nowMs, countMax).first<{ version: number }>();
  if (row !== null) return ok(row.version);
  const live = await db.prepare("SELECT 1 FROM project WHERE project = ? AND deleted_at IS NULL").bind(project).first();
  if (live === null) return fail(notFound);
  return fail({ status: 422, title: "Limit reached", detail: `There may be at most ${countMax} ${plural}.` });
}

/** The declarations of a project by name; `name` for one of them. */
export async function declarationsOf(
  db: D1Database,
  { table, column }: DeclaredKind,
  project: string,
  name: string | null = null,
): Promise<StoredDeclaration[]> {
  const sql = `SELECT ${column} AS name, version, definition FROM ${table}
    WHERE project = ?1 AND deleted_at IS NULL AND (?2 IS NULL OR ${column} = ?2) ORDER BY ${column}`;
  return (await db.prepare(sql).bind(project, name).all<StoredDeclaration & Record<string, unknown>>()).results;
}

/** Takes a declaration back; its name and version stay, so that the version goes on if it is declared again. */
export async function takeBack(
  db: D1Database,
  { table, column }: DeclaredKind,
  project: string,
  name: string,
  nowMs: number,
): Promise<Result<null, Problem>> {
  const sql = `UPDATE ${table} SET deleted_at = ? WHERE project = ? AND ${column} = ? AND deleted_at IS NULL RETURNING 1`;
  return (await db.prepare(sql).bind(nowMs, project, name).first()) === null ? fail(notFound) : ok(null);
}
