import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fail, ok, type Result } from "@sluice/schema";
import { commandOf, isAlive, killAtOnce } from "./processes.ts";
import { readJsonFile, type StatePaths, writePrivateJson } from "./state-files.ts";

/** Content of the lock file. */
interface LockEntry {
  readonly pid: number;
  /** Runtimes started by that process: left over when it was killed without a chance to stop them. */
  readonly workerdPids: readonly number[];
}

/** Held while a pipeline uses a state folder. */
export interface StateLock {
  /** Notes the runtimes to end, should this process be killed. */
  noteWorkerd(pids: readonly number[]): void;
  release(): void;
}

/**
 * Takes the state folder for this process: two runtimes on one folder corrupt its databases.
 * A lock whose process is gone is taken over, and the runtimes it left behind are ended first.
 */
export function takeLock(paths: StatePaths): Result<StateLock, { pid: number }> {
  mkdirSync(paths.folder, { recursive: true, mode: 0o700 });
  for (let attempt = 0; attempt < 2; attempt++) {
    if (createLockFile(paths.lock)) return ok(heldLock(paths));
    const holder = readJsonFile<LockEntry>(paths.lock);
    if (holder !== null && holder.pid !== process.pid && runsPipeline(holder.pid)) return fail({ pid: holder.pid });
    killAtOnce((holder?.workerdPids ?? []).filter((pid) => commandOf(pid)?.includes("workerd") === true));
    rmSync(paths.lock, { force: true });
  }
  return fail({ pid: readJsonFile<LockEntry>(paths.lock)?.pid ?? 0 });
}

/** Whether a process id still belongs to a pipeline; ids are used again by the system. */
export function runsPipeline(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return false;
  const command = commandOf(pid);
  return command === null || /start\.ts/.test(command);
}

function createLockFile(path: string): boolean {
  try {
    const entry: LockEntry = { pid: process.pid, workerdPids: [] };
    writeFileSync(path, `${JSON.stringify(entry)}\n`, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function heldLock(paths: StatePaths): StateLock {
  return {
    noteWorkerd: (workerdPids) => writePrivateJson(paths.lock, { pid: process.pid, workerdPids } satisfies LockEntry),
    release: () => rmSync(paths.lock, { force: true }),
  };
}
