import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fail, ok, type Result } from "@sluice/schema";
import { commandOf, endAtOnce, isAlive } from "./processes.ts";
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

/** A lock that was made this instant may have no content yet; it is looked at again after so long, in ms. */
const lockSettleMs = 200;
const takeAttemptsMax = 3;

/**
 * Takes the state folder for this process: two runtimes on one folder corrupt its databases.
 * A lock whose process is gone is taken over; the runtimes it left behind are ended first, and with them their ports.
 */
export async function takeLock(paths: StatePaths): Promise<Result<StateLock, { pid: number }>> {
  mkdirSync(paths.folder, { recursive: true, mode: 0o700 });
  let pid = 0;
  for (let attempt = 0; attempt < takeAttemptsMax; attempt++) {
    if (createLockFile(paths.lock)) return ok(heldLock(paths));
    const holder = readJsonFile<LockEntry>(paths.lock);
    pid = holder?.pid ?? 0;
    if (pid !== process.pid && runsPipeline(pid)) return fail({ pid });
    await endAtOnce(leftRuntimes(holder));
    await new Promise((done) => setTimeout(done, lockSettleMs));
    // Whoever took it over meanwhile keeps it.
    const isStill = readJsonFile<LockEntry>(paths.lock)?.pid === holder?.pid;
    if (isStill) rmSync(paths.lock, { force: true });
  }
  return fail({ pid });
}

/** The runtimes of a lock that still run; a damaged lock names none. */
function leftRuntimes(holder: LockEntry | null): readonly number[] {
  const pids: unknown = holder?.workerdPids;
  if (!Array.isArray(pids)) return [];
  const numbers = pids.filter((pid): pid is number => Number.isInteger(pid));
  return numbers.filter((pid) => commandOf(pid)?.includes("workerd") === true);
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
