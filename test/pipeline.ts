import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalConfig, type LocalSecrets, readJsonFile, statePaths } from "../tools/local/state-files.ts";
import { projectRoot } from "../tools/project-root.ts";

/** A pipeline of its own, in a process of its own, on free ports. */
export interface TestPipeline {
  readonly local: LocalConfig;
  readonly stateDir: string;
  readonly operatorToken: string;
  /** Process of tools/start.ts. */
  readonly pid: number;
  /** What it has printed so far. */
  output(): string;
  /** Stops it as Ctrl-C would; throws when it does not drain and end well. Its folder is removed if it was made here. */
  stop(): Promise<void>;
}

const readyLimitMs = 90_000;
const stopLimitMs = 45_000;

/**
 * Starts the built pipeline (`npm run build`) on a temporary state folder, or on `stateDir`, and waits until it answers.
 * It ends by itself when the process of the test does.
 */
export async function startPipeline(options: { stateDir?: string } = {}): Promise<TestPipeline> {
  const stateDir = options.stateDir ?? mkdtempSync(join(tmpdir(), "sluice-test-"));
  const paths = statePaths(stateDir);
  const running = spawnStart(["--port", "0", "--state", stateDir]);
  const endMs = Date.now() + readyLimitMs;
  while (!existsSync(paths.local)) {
    if (running.exitCode() !== null) throw new Error(`The pipeline ended before it answered:\n${running.output()}`);
    if (Date.now() > endMs) {
      running.child.kill("SIGKILL");
      throw new Error(`The pipeline did not answer in ${readyLimitMs} ms:\n${running.output()}`);
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  const local = readJsonFile<LocalConfig>(paths.local);
  const secrets = readJsonFile<LocalSecrets>(paths.secrets);
  if (local === null || secrets === null) throw new Error(`The state folder ${stateDir} has no local.json or secrets`);
  return {
    local,
    stateDir,
    operatorToken: secrets.operatorToken,
    pid: local.pid,
    output: () => running.output(),
    async stop() {
      running.child.kill("SIGINT");
      const code = await running.ended(stopLimitMs);
      if (options.stateDir === undefined) rmSync(stateDir, { recursive: true, force: true });
      if (code !== 0)
        throw new Error(`The pipeline ended with ${code ?? "no exit code in time"}:\n${running.output()}`);
    },
  };
}

/** A process of tools/start.ts, with what it prints. */
export interface StartedProcess {
  readonly child: ChildProcess;
  output(): string;
  exitCode(): number | null;
  /** Exit code, or `null` when it had to be killed after `limitMs`. */
  ended(limitMs: number): Promise<number | null>;
}

/** Runs tools/start.ts with the project's own Node. */
export function spawnStart(args: readonly string[]): StartedProcess {
  const ownNode = join(projectRoot, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
  const node = existsSync(ownNode) ? ownNode : process.execPath;
  const child = spawn(node, [join("tools", "start.ts"), ...args], {
    cwd: projectRoot,
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, SLUICE_PARENT_PIPE: "1" },
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const closed = new Promise<number>((done) => child.on("close", (code) => done(code ?? -1)));
  return {
    child,
    output: () => text,
    exitCode: () => child.exitCode ?? (child.signalCode === null ? null : -1),
    async ended(limitMs) {
      const code = await Promise.race([closed, new Promise<null>((done) => setTimeout(() => done(null), limitMs))]);
      if (code === null) child.kill("SIGKILL");
      return code;
    },
  };
}
