import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder of the project. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const lockPath = join(root, "package-lock.json");
const stampPath = join(root, "node_modules", ".sluice-installed");
/** Optional packages come in two kinds on Linux; only for the progress count, so a musl machine may count a few more. */
const libc = "glibc";

/** Runs `npm ci` unless exactly what the lock file says is installed; returns an exit code. */
export async function install() {
  const wanted = `${createHash("sha256").update(readFileSync(lockPath)).digest("hex")} ${process.platform}-${process.arch}`;
  if (isStamped(wanted)) return 0;
  if (!existsSync(stampPath) && isInstalledByHand()) {
    writeFileSync(stampPath, wanted);
    return 0;
  }
  const code = await runNpmCi();
  if (code !== 0) return code;
  if (projectNode() === null) {
    console.error("npm ci ended well, but the package «node» brought no program: were install scripts switched off?");
    return 1;
  }
  writeFileSync(stampPath, wanted);
  return 0;
}

/** The project's own Node, or `null` when it is not installed. */
export function projectNode() {
  const name = process.platform === "win32" ? "node.exe" : "node";
  const places = [
    join(root, "node_modules", "node", "bin", name),
    // Where the package's install script takes it from: it may have been forbidden to run.
    join(root, "node_modules", "node", "node_modules", `node-${platformName()}-${process.arch}`, "bin", name),
  ];
  return places.find((place) => existsSync(place)) ?? null;
}

function platformName() {
  return process.platform === "win32" ? "win" : process.platform;
}

function isStamped(wanted) {
  return existsSync(stampPath) && readFileSync(stampPath, "utf8") === wanted && projectNode() !== null;
}

/** Whether `npm install` or `npm ci`, run by hand, has already installed what the lock file says. */
function isInstalledByHand() {
  const hiddenPath = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(hiddenPath) || projectNode() === null) return false;
  const wanted = packagesOf(lockPath);
  const present = packagesOf(hiddenPath);
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === "" || !path.startsWith("node_modules/")) return true;
    const found = present[path];
    if (found === undefined) return entry.optional === true && !isForThisPlatform(entry);
    return found.version === entry.version;
  });
}

function isForThisPlatform(entry) {
  if (entry.os === undefined || entry.cpu === undefined || entry.libc !== undefined) return false;
  return entry.os.includes(process.platform) && entry.cpu.includes(process.arch);
}

/** Whether `npm ci` fetches an entry of the lock file on this machine; only for a count that a person looks at. */
function isToBeFetched(entry) {
  const isHere = (entry.os ?? [process.platform]).includes(process.platform);
  const isOfLibc = entry.libc === undefined || entry.libc.includes(libc);
  return entry.integrity !== undefined && isHere && isOfLibc && (entry.cpu ?? [process.arch]).includes(process.arch);
}

function packagesOf(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages ?? {};
  } catch {
    return {}; // damaged: nothing counts as installed
  }
}

/** `npm ci` with its progress: packages fetched of those wanted. */
async function runNpmCi() {
  const total = Object.values(packagesOf(lockPath)).filter(isToBeFetched).length;
  const progress = createCounter(`Installing ${total} packages (once)…`);
  const { command, prefix, isShell } = npmCommand();
  const args = [...prefix, "ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=http"];
  const child = spawn(command, args, {
    cwd: root,
    shell: isShell,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_ENV: "development" },
  });
  let output = "";
  let fetched = 0;
  const take = (chunk) => {
    const text = String(chunk);
    fetched += text.split("\n").filter((line) => line.includes("npm http") && line.includes(".tgz ")).length;
    output = (output + text).slice(-20_000);
    progress.show(`${Math.min(fetched, total)} of ${total}`);
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  const code = await new Promise((resolve) => {
    child.on("error", (error) => {
      output += `\n${error.message}`;
      resolve(1);
    });
    child.on("close", (status, signal) => resolve(status ?? (signal === null ? 1 : 130)));
  });
  progress.end();
  if (code !== 0) {
    const lines = output.split("\n").filter((line) => line !== "" && !line.includes("npm http"));
    console.error(
      `${lines.slice(-25).join("\n")}\n\nnpm ci failed. The first start needs the npm registry; later ones do not.`,
    );
  }
  return code;
}

function npmCommand() {
  const script = process.env.npm_execpath;
  if (script !== undefined && /^npm-cli\.c?js$/.test(basename(script))) {
    return { command: process.execPath, prefix: [script], isShell: false };
  }
  const isWindows = process.platform === "win32";
  return { command: isWindows ? "npm.cmd" : "npm", prefix: [], isShell: isWindows };
}

/** One line that is rewritten on a terminal; elsewhere a line at the start and one every ten seconds. */
function createCounter(title) {
  const stream = process.stderr;
  const startedMs = Date.now();
  let latest = "";
  let shownLength = 0;
  const line = () => `${title} ${latest} (${Math.round((Date.now() - startedMs) / 1000)} s)`.replace("  ", " ");
  const draw = () => {
    const text = line().slice(0, Math.max(20, (stream.columns || 80) - 1));
    stream.write(`\r${text}${" ".repeat(Math.max(0, shownLength - text.length))}`);
    shownLength = text.length;
  };
  if (!stream.isTTY) stream.write(`${title}\n`);
  const timer = setInterval(() => (stream.isTTY ? draw() : stream.write(`${line()}\n`)), stream.isTTY ? 500 : 10_000);
  return {
    show(text) {
      latest = text;
      if (stream.isTTY) draw();
    },
    end() {
      clearInterval(timer);
      stream.write(stream.isTTY ? `\r${" ".repeat(shownLength)}\r` : `${line()}\n`);
    },
  };
}
