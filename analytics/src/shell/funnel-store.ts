import { fail, ok, type Result } from "@sluice/schema";
import type { Funnel } from "../behaviour/funnel.ts";
import {
  eventNameText,
  funnelText,
  keptProperties,
  type NamedFunnel,
  parseFunnel,
} from "../behaviour/funnel-definition.ts";
import type { KeptProperties } from "../behaviour/step.ts";
import { notFound, type Problem } from "../problem.ts";

/** Funnels that a project may declare; the properties of their breakdowns are kept for every event of a name. */
const funnelsMax = 50;

/** A declared funnel. */
export interface StoredFunnel {
  readonly name: string;
  /** Raised with each change of the definition, so that old and new numbers are never compared by mistake. */
  readonly version: number;
  readonly funnel: Funnel;
}

interface FunnelRow {
  readonly funnel: string;
  readonly version: number;
  readonly definition: string;
}

/** Declares a funnel, or changes it: then its version rises. The same declaration again changes nothing. */
export async function declareFunnel(
  db: D1Database,
  project: string,
  { name, funnel }: NamedFunnel,
  nowMs: number,
): Promise<Result<StoredFunnel, Problem>> {
  const sql = `INSERT INTO funnel (project, funnel, definition, version, created_at)
    SELECT project, ?2, ?3, 1, ?4 FROM project WHERE project = ?1 AND deleted_at IS NULL
      AND ((SELECT count(*) FROM funnel WHERE project = ?1 AND deleted_at IS NULL) < ?5
        OR EXISTS (SELECT 1 FROM funnel WHERE project = ?1 AND funnel = ?2 AND deleted_at IS NULL))
    ON CONFLICT (project, funnel) DO UPDATE SET version = version + (definition <> excluded.definition),
      definition = excluded.definition, deleted_at = NULL
    RETURNING version`;
  const bound = db.prepare(sql).bind(project, name, funnelText(funnel), nowMs, funnelsMax);
  const row = await bound.first<{ version: number }>();
  if (row !== null) return ok({ name, version: row.version, funnel });
  const live = await db.prepare("SELECT 1 FROM project WHERE project = ? AND deleted_at IS NULL").bind(project).first();
  if (live === null) return fail(notFound);
  return fail({ status: 422, title: "Limit reached", detail: `There may be at most ${funnelsMax} funnels.` });
}

/** The declared funnels of a project by name; `name` for one of them. */
export async function funnelsOf(db: D1Database, project: string, name: string | null = null): Promise<StoredFunnel[]> {
  const sql = `SELECT funnel, version, definition FROM funnel
    WHERE project = ?1 AND deleted_at IS NULL AND (?2 IS NULL OR funnel = ?2) ORDER BY funnel`;
  const rows = await db.prepare(sql).bind(project, name).all<FunnelRow & Record<string, unknown>>();
  return rows.results.map((row) => ({ name: row.funnel, version: row.version, funnel: parseFunnel(row.definition) }));
}

/** Takes a declaration back; its name and version stay, so that the version goes on if it is declared again. */
export async function revokeFunnel(
  db: D1Database,
  project: string,
  name: string,
  nowMs: number,
): Promise<Result<null, Problem>> {
  const sql =
    "UPDATE funnel SET deleted_at = ? WHERE project = ? AND funnel = ? AND deleted_at IS NULL RETURNING funnel";
  return (await db.prepare(sql).bind(nowMs, project, name).first()) === null ? fail(notFound) : ok(null);
}

/** A funnel as lists and answers show it. */
export function shownFunnel({ name, version, funnel }: StoredFunnel) {
  const { steps, windowMs, breakdown } = funnel;
  return { funnel: name, version, steps: steps.map(eventNameText), windowHours: windowMs / 3_600_000, breakdown };
}

/** The properties that the steps of a project keep. */
export async function keptPropertiesOf(db: D1Database, project: string): Promise<KeptProperties> {
  return keptProperties((await funnelsOf(db, project)).map(({ funnel }) => funnel));
}
