import { ok, type Result } from "@sluice/schema";
import type { Funnel } from "../behaviour/funnel.ts";
import {
  eventNameText,
  funnelText,
  keptProperties,
  type NamedFunnel,
  parseFunnel,
} from "../behaviour/funnel-definition.ts";
import type { KeptProperties } from "../behaviour/step.ts";
import type { Problem } from "../problem.ts";
import { type DeclaredKind, declarationsOf, declare } from "./declarations.ts";

/** Funnels; the properties of their breakdowns are kept for every event of a name. */
export const funnelKind: DeclaredKind = { table: "funnel", column: "funnel", plural: "funnels", countMax: 50 };

/** A declared funnel. */
export interface StoredFunnel {
  readonly name: string;
  readonly version: number;
  readonly funnel: Funnel;
}

/** Declares a funnel, or changes it. */
export async function declareFunnel(
  db: D1Database,
  project: string,
  { name, funnel }: NamedFunnel,
  nowMs: number,
): Promise<Result<StoredFunnel, Problem>> {
  const version = await declare(db, funnelKind, project, { name, definition: funnelText(funnel) }, nowMs);
  return version.ok ? ok({ name, version: version.value, funnel }) : version;
}

/** The declared funnels of a project by name; `name` for one of them. */
export async function funnelsOf(db: D1Database, project: string, name: string | null = null): Promise<StoredFunnel[]> {
  const stored = await declarationsOf(db, funnelKind, project, name);
  return stored.map(({ definition, ...named }) => ({ ...named, funnel: parseFunnel(definition) }));
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
