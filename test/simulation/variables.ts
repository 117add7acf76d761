import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The variables of the Workers, as their wrangler.jsonc files set them for production. */
export function productionVariables(): Readonly<Record<string, string>> {
  return Object.assign({}, ...["worker", "queue-consumer", "analytics"].map(variablesOf)) as Record<string, string>;
}

function variablesOf(folder: string): Record<string, string> {
  const path = join(import.meta.dirname, "..", "..", folder, "wrangler.jsonc");
  const text = readFileSync(path, "utf8")
    .replaceAll(/^\s*\/\/.*$/gm, "")
    .replaceAll(/,(\s*[}\]])/g, "$1");
  return (JSON.parse(text) as { vars: Record<string, string> }).vars;
}
