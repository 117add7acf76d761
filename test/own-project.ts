import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Installs a project of its own within this one: what is large (340 MB each) and needed by one test only (decision 0033). Done once
 * for each state of its lock file, without install scripts.
 *
 * @param folder holds `package.json` and `package-lock.json`.
 */
export async function installOwnProject(folder: string): Promise<void> {
  const stampPath = join(folder, "node_modules", ".sluice-installed");
  const wanted = createHash("sha256")
    .update(readFileSync(join(folder, "package-lock.json")))
    .digest("hex");
  if (existsSync(stampPath) && readFileSync(stampPath, "utf8") === wanted) return;
  const quietly = ["--include=optional", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=5"];
  await run("npm", ["ci", ...quietly], { cwd: folder });
  writeFileSync(stampPath, wanted);
}
