import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fail, ok, type Result } from "@sluice/schema";
import { projectRoot } from "../project-root.ts";

/** A model of `sql/`: a SELECT that names others by `{{ ref('…') }}` and settings by `{{ var("…") }}`. */
interface Model {
  readonly name: string;
  readonly text: string;
  readonly refs: readonly string[];
}

const refPattern = /\{\{\s*ref\('(\w+)'\)\s*\}\}/g;
const varPattern = /\{\{\s*var\("(\w+)"\)\s*\}\}/g;

/** Settings of the models as `sql/dbt_project.yml` states them. */
export function modelSettings(): Map<string, string> {
  const [, vars = ""] = readFileSync(join(projectRoot, "sql/dbt_project.yml"), "utf8").split(/^vars:\n/m);
  const lines = [...vars.matchAll(/^ {2}(\w+): (?:"([^"]*)"|([^#\n]*?))(?:\s+#.*)?$/gm)];
  return new Map(lines.map(([, name = "", quoted, plain]) => [name, quoted ?? plain ?? ""]));
}

/**
 * The models of `sql/` as plain DuckDB views in schema `sluice`, each after those it builds on: what dbt would run.
 *
 * @param settings replace those of `sql/dbt_project.yml`.
 */
export function viewScript(settings: Readonly<Record<string, string>>): Result<string, string> {
  const values = new Map([...modelSettings(), ...Object.entries(settings)]);
  const unknown = Object.keys(settings).find((name) => !modelSettings().has(name));
  if (unknown !== undefined) return fail(`There is no setting ${unknown}.`);
  const models = readModels();
  const done: Model[] = [];
  while (done.length < models.length) {
    const isDone = (name: string): boolean => done.some((model) => model.name === name);
    const next = models.find(({ name, refs }) => !isDone(name) && refs.every(isDone));
    if (next === undefined) return fail("The models of sql/ name each other in a circle, or one that does not exist.");
    done.push(next);
  }
  const views = done.map(({ name, text }) => {
    const body = text
      .replaceAll(refPattern, (_, other: string) => `sluice.${other}`)
      .replaceAll(varPattern, (_, setting: string) => (values.get(setting) ?? "").replaceAll("'", "''"));
    return `CREATE OR REPLACE VIEW sluice.${name} AS\n${body.trim()};\n`;
  });
  return ok(["CREATE SCHEMA IF NOT EXISTS sluice;\n", ...views].join("\n"));
}

function readModels(): Model[] {
  return globSync("sql/models/**/*.sql", { cwd: projectRoot })
    .toSorted()
    .map((file) => {
      const text = readFileSync(join(projectRoot, file), "utf8");
      const refs = [...text.matchAll(refPattern)].map((match) => match[1] ?? "");
      return { name: basename(file, ".sql"), text, refs };
    });
}
