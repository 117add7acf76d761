import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { projectRoot } from "./project-root.ts";

/** How a program ended. */
export interface ChildResult {
  readonly code: number;
  /** Standard output and error in the order in which they came; empty when the terminal was inherited. */
  readonly output: string;
}

const outputCharsMax = 4_000_000;
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs the program that a package of node_modules declares, with this process's Node. */
export function runTool(tool: string, args: readonly string[], options: SpawnOptions = {}): Promise<ChildResult> {
  return runChild(process.execPath, [toolPath(tool), ...args], options);
}

/** Runs a program; signals that end this process are passed on, so that nothing is left behind. */
export function runChild(program: string, args: readonly string[], options: SpawnOptions = {}): Promise<ChildResult> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(program, args, {
      cwd: projectRoot,
      stdio: ["ignore", "pipe", "pipe"],
      ...options,
    });
    let output = "";
    const take = (chunk: Buffer): void => {
      if (output.length < outputCharsMax) output += chunk.toString();
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", take);
    const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
    for (const signal of signals) process.on(signal, forward);
    const settle = (): void => {
      for (const signal of signals) process.off(signal, forward);
    };
    child.on("error", (error) => {
      settle();
      reject(error);
    });
    child.on("close", (code, signal) => {
      settle();
      resolve({ code: code ?? 128 + (signal === null ? 1 : constants.signals[signal]), output });
    });
  });
}

/** The script that a package of node_modules declares as its program. */
function toolPath(tool: string): string {
  const folder = join(projectRoot, "node_modules", tool);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    bin?: string | Record<string, string>;
  };
  const { bin = {} } = manifest;
  const program = typeof bin === "string" ? bin : (bin[tool] ?? Object.values(bin)[0]);
  if (program === undefined) throw new Error(`The package ${tool} declares no program`);
  return join(folder, program);
}
