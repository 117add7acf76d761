import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..", "..");
const workspaces = ["schema", "sdk-core", "sdk-node"];

/**
 * Makes a project that has installed what npm would publish of this package, and knows nothing of this repository.
 * Returns its folder, which is the caller's to remove.
 */
export async function packedProject(): Promise<string> {
  const project = mkdtempSync(join(tmpdir(), "sluice-package-"));
  const chosen = workspaces.flatMap((name) => ["-w", name]);
  const { stdout } = await run(
    "npm",
    ["pack", "--json", "--ignore-scripts", "--pack-destination", project, ...chosen],
    {
      cwd: root,
      maxBuffer: 16 * 1024 * 1024,
    },
  );
  for (const { name, filename } of packed(stdout)) {
    const folder = join(project, "node_modules", name);
    mkdirSync(folder, { recursive: true });
    await run("tar", ["-xzf", join(project, filename), "-C", folder, "--strip-components=1"]);
  }
  mkdirSync(join(project, "node_modules", "@types"));
  for (const name of ["@types/node", "undici-types"]) {
    symlinkSync(join(root, "node_modules", name), join(project, "node_modules", name));
  }
  writeFileSync(join(project, "package.json"), "{}");
  return project;
}

interface Packed {
  readonly name: string;
  readonly filename: string;
}

/** npm 10 and 11 print a list, npm 12 an object by name. */
function packed(json: string): readonly Packed[] {
  const report = JSON.parse(json) as readonly Packed[] | Record<string, Packed>;
  return Array.isArray(report) ? (report as readonly Packed[]) : Object.values(report as Record<string, Packed>);
}
