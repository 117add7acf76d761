/*
 * `npm run check`: everything that can be said about the code without running it.
 * Called by contributors and by CI; prints one line per step, and a step's output only when it fails.
 * It never changes a file, and never stops at the first failure.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ChildResult, runTool } from "./child.ts";
import { type LockFile, lockFileGaps } from "./check/lockfile.ts";
import { projectRoot } from "./project-root.ts";
import { createProgress } from "./terminal/progress.ts";

interface Step {
  readonly name: string;
  readonly run: () => Promise<ChildResult>;
}

/** Types come before lint and packages: both read the declarations that they build. */
const steps: readonly Step[] = [
  { name: "format", run: () => runTool("oxfmt", ["--check"]) },
  { name: "types", run: () => runTool("typescript", ["-b"]) },
  { name: "lint", run: () => runTool("oxlint", ["--type-aware"]) },
  { name: "unused code and dependencies", run: () => runTool("knip", ["--no-progress", "--no-config-hints"]) },
  { name: "published packages", run: checkPackages },
  // Any npm from 10 on will do, so no one version of it is pinned.
  { name: "workspaces", run: () => runTool("sherif", ["-r", "root-package-manager-field"]) },
  { name: "lock file", run: checkLockFile },
];

process.exitCode = await main();

async function main(): Promise<number> {
  const progress = createProgress();
  const failures: string[] = [];
  for (const step of steps) {
    const startedMs = performance.now();
    if (process.stderr.isTTY) progress.step(`… ${step.name}`);
    const result = await step.run();
    progress.end();
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    console.log(`${result.code === 0 ? "ok  " : "FAIL"}  ${step.name} (${seconds} s)`);
    if (result.code === 0) continue;
    failures.push(step.name);
    console.log(result.output.trimEnd());
  }
  if (failures.length === 0) return 0;
  console.error(`\n${failures.length} of ${steps.length} checks failed: ${failures.join(", ")}.`);
  return 1;
}

/** publint on every workspace that is not private. */
async function checkPackages(): Promise<ChildResult> {
  const manifests = readdirSync(projectRoot, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "node_modules")
    .flatMap((entry) => publicManifest(entry.name));
  const results = await Promise.all(manifests.map((folder) => runTool("publint", ["run", folder, "--strict"])));
  const failed = results.filter((result) => result.code !== 0);
  if (manifests.length === 0) return { code: 1, output: "No package to publish was found." };
  return { code: failed.length === 0 ? 0 : 1, output: failed.map((result) => result.output).join("\n") };
}

function publicManifest(folder: string): readonly string[] {
  const path = join(projectRoot, folder, "package.json");
  if (!existsSync(path)) return [];
  const manifest = JSON.parse(readFileSync(path, "utf8")) as { private?: boolean };
  return manifest.private === true ? [] : [folder];
}

async function checkLockFile(): Promise<ChildResult> {
  const lock = JSON.parse(readFileSync(join(projectRoot, "package-lock.json"), "utf8")) as LockFile;
  const gaps = lockFileGaps(lock);
  return { code: gaps.length === 0 ? 0 : 1, output: gaps.join("\n") };
}
