import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { installOwnProject } from "../own-project.ts";

const folder = import.meta.dirname;

/** A runtime that programs can be run under. */
export interface Runtime {
  readonly name: string;
  /** Its program. */
  readonly program: string;
  /** What comes before the script among its arguments. */
  readonly args: readonly string[];
}

/** Where npm's packages keep their programs; npm installs those of this platform only. */
const known = [
  { name: "Node 20", place: "node-*/bin/node{,.exe}", args: [] },
  { name: "Bun", place: "@oven/*/bin/bun{,.exe}", args: ["run"] },
  // What the SDK needs of Deno's permissions, and nothing more; all but the first two are for the spool.
  {
    name: "Deno",
    place: "@deno/*/deno{,.exe}",
    args: ["run", "--allow-net", "--allow-env", "--allow-read", "--allow-write", "--allow-run"],
  },
] as const;

/** Installs the runtimes that the lock file beside this module names. */
export function installRuntimes(): Promise<void> {
  return installOwnProject(folder);
}

/** The runtimes that may be found. */
export const runtimeNames = known.map(({ name }) => name);

/** A runtime by its name; `null`, which is printed, when it has no program that runs on this machine. */
export function findRuntime(wanted: (typeof known)[number]["name"]): Runtime | null {
  const [found] = known.filter(({ name }) => name === wanted);
  const [program] = globSync(found?.place ?? "", { cwd: join(folder, "node_modules") })
    .map((path) => join(folder, "node_modules", path))
    .filter((path) => spawnSync(path, ["--version"]).status === 0);
  if (found !== undefined && program !== undefined) return { ...found, program };
  console.warn(`SKIPPED: ${wanted} has no program that runs on ${process.platform}-${process.arch}`);
  return null;
}
