import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./install.mjs";

/** The workspaces that `tsc -b` builds; it builds what they refer to first, and only what changed. */
const workspaces = ["sdk-web", "sdk-node", "sdk-mobile", "worker", "queue-consumer", "analytics"];

const generated = join(root, "worker", "generated");
const servedSdk = join(generated, "sluice.txt");

/** The browser script, of which the Worker serves a copy. */
const webBundle = {
  workspace: "sdk-web",
  file: join(root, "sdk-web", "dist", "sluice.min.js"),
  stampPath: join(generated, "sluice.stamp"),
  after: () => copyFileSync(webBundle.file, servedSdk),
};
/** The Node SDK for programs that use require(). */
const nodeBundle = {
  workspace: "sdk-node",
  file: join(root, "sdk-node", "dist", "index.cjs"),
  stampPath: join(root, "sdk-node", "dist", ".cjs.tsbuildinfo"),
  after: () => undefined,
};

/** Builds what changed; returns an exit code. Prints nothing when all is well. */
export function build(node) {
  ensureGenerated();
  const typescript = join(root, "node_modules", "typescript", "bin", "tsc");
  const compiled = runQuietly(node, [typescript, "-b", ...workspaces]);
  if (compiled !== 0) return compiled;
  return bundle(node, webBundle) || bundle(node, nodeBundle);
}

/** The Worker serves the built web SDK from a text module, which must exist before it is compiled. */
function ensureGenerated() {
  mkdirSync(generated, { recursive: true });
  if (!existsSync(servedSdk)) writeFileSync(servedSdk, "");
}

/** Makes a bundle, unless what it is made of is unchanged. */
function bundle(node, { workspace, file, stampPath, after }) {
  const config = join(root, workspace, "rollup.config.mjs");
  const stamp = stampOf(config, workspace);
  if (existsSync(stampPath) && existsSync(file) && readFileSync(stampPath, "utf8") === stamp) return 0;
  const rollup = join(root, "node_modules", "rollup", "dist", "bin", "rollup");
  const bundled = runQuietly(node, [rollup, "-c", config, "--silent"]);
  if (bundled !== 0) return bundled;
  after();
  writeFileSync(stampPath, stamp);
  return 0;
}

/** Hash of everything a bundle is made from: the compiled JavaScript of three packages, the config, the lock file. */
function stampOf(config, workspace) {
  const hash = createHash("sha256");
  for (const path of [
    config,
    join(root, "package-lock.json"),
    ...["schema", "sdk-core", workspace].flatMap(compiledFiles),
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
