import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./install.mjs";

/** The workspaces that `tsc -b` builds; it builds what they refer to first, and only what changed. */
const workspaces = ["sdk-web", "sdk-node", "sdk-mobile", "worker", "queue-consumer", "analytics"];

const generated = join(root, "worker", "generated");
const servedSdk = join(generated, "sluice.txt");
const stampPath = join(generated, "sluice.stamp");
const bundle = join(root, "sdk-web", "dist", "sluice.min.js");

/** Builds what changed; returns an exit code. Prints nothing when all is well. */
export function build(node) {
  ensureGenerated();
  const typescript = join(root, "node_modules", "typescript", "bin", "tsc");
  const compiled = runQuietly(node, [typescript, "-b", ...workspaces]);
  if (compiled !== 0) return compiled;
  return bundleWebSdk(node);
}

/** The Worker serves the built web SDK from a text module, which must exist before it is compiled. */
function ensureGenerated() {
  mkdirSync(generated, { recursive: true });
  if (!existsSync(servedSdk)) writeFileSync(servedSdk, "");
}

/** Bundles the web SDK and copies it to the Worker, unless what it is made of is unchanged. */
function bundleWebSdk(node) {
  const config = join(root, "sdk-web", "rollup.config.mjs");
  const stamp = stampOf(config);
  if (existsSync(stampPath) && existsSync(bundle) && readFileSync(stampPath, "utf8") === stamp) return 0;
  const rollup = join(root, "node_modules", "rollup", "dist", "bin", "rollup");
  const bundled = runQuietly(node, [rollup, "-c", config, "--silent"]);
  if (bundled !== 0) return bundled;
  copyFileSync(bundle, servedSdk);
  writeFileSync(stampPath, stamp);
  return 0;
}

/** Hash of everything the bundle is made from: the compiled JavaScript of three packages, the config, the lock file. */
function stampOf(config) {
  const hash = createHash("sha256");
  for (const path of [
    config,
    join(root, "package-lock.json"),
    ...["schema", "sdk-core", "sdk-web"].flatMap(compiledFiles),
  ]) {
    hash.update(path.slice(root.length)).update("\0").update(readFileSync(path)).update("\0");
  }
  return hash.digest("hex");
}

function compiledFiles(workspace) {
  const folder = join(root, workspace, "dist");
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => path.endsWith(".js") && !path.endsWith(".min.js"))
    .sort();
}

function runQuietly(node, args) {
  const result = spawnSync(node, args, { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (result.status === 0) return 0;
  process.stderr.write(
    `${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}\nThe build failed.\n`,
  );
  return result.status ?? 1;
}
