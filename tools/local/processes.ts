import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** A process as the system lists it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  readonly command: string;
}

/** Whether a process exists (also one of another user). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Command line of a process, or `null` when it is gone or cannot be read. */
export function commandOf(pid: number): string | null {
  return listProcesses().find((entry) => entry.pid === pid)?.command ?? null;
}

/** The workerd processes that a process has started. */
export function workerdChildrenOf(parentPid: number): readonly number[] {
  return listProcesses()
    .filter((entry) => entry.parentPid === parentPid && entry.command.includes("workerd"))
    .map((entry) => entry.pid);
}

/** Ends processes at once; those already gone are no failure. */
export function killAtOnce(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // already gone, which is what was wanted
    }
  }
}

/** Time in which a killed process lets go of its ports and files, in ms; a runtime of 1 GB takes a while. */
const endMsMax = 5000;

/** Ends processes at once and waits until they are gone, their ports with them. */
export async function endAtOnce(pids: readonly number[]): Promise<void> {
  killAtOnce(pids);
  const endMs = performance.now() + endMsMax;
  while (pids.some((pid) => commandOf(pid) !== null) && performance.now() < endMs) {
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** All processes; empty where the system offers no way to list them (Windows: miniflare ends its child itself). */
function listProcesses(): readonly ProcessEntry[] {
  if (process.platform === "linux") return listFromProc();
  if (process.platform === "win32") return [];
  try {
    const text = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" });
    return text.split("\n").flatMap((line) => {
      const match = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line);
      return match === null ? [] : [{ pid: Number(match[1]), parentPid: Number(match[2]), command: match[3] ?? "" }];
    });
  } catch {
    return []; // no ps: nothing can be found, and nothing is killed by mistake
  }
}

function listFromProc(): readonly ProcessEntry[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const afterName = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (afterName[0] === "Z") return [];
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      return [{ pid: Number(name), parentPid: Number(afterName[1]), command }];
    } catch {
      return []; // it ended between the listing and the reading
    }
  });
}
