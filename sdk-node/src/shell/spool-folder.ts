import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { threadId } from "node:worker_threads";

/**
 * A spool's folder holds one folder for each client that uses it, named `<pid>-<start of that process>-<thread>-<ULID>`. A
 * folder whose process is gone is taken over by being renamed into the taker's: a rename happens once, so two takers cannot
 * both win.
 */
const folderPattern = /^(\d+)-(\d+)-(\d+)-[0-9A-Z]{26}$/;

/** Folders in use by clients of this thread, also by another copy of this package. */
const inUse = folderRegistry();

/** Makes this client's folder. */
export function openOwnFolder(directory: string, id: string): { readonly path: string; readonly release: () => void } {
  const name = `${process.pid}-${startOf(process.pid)}-${threadId}-${id}`;
  const path = join(directory, name);
  mkdirSync(path, { mode: 0o700 });
  inUse.add(name);
  return { path, release: () => void inUse.delete(name) };
}

/** Moves the segments of dead clients into a client's folder; returns their paths, oldest first. */
export function adoptSegments(directory: string, own: string, onTrouble: (line: string) => void): string[] {
  const adopted: string[] = [];
  for (const name of readdirSync(directory)) {
    if (name === basename(own)) continue;
    const owner = ownerOf(name);
    if (owner === "unknown")
      onTrouble("a folder of the spool is left alone: this process may not ask whether its owner lives");
    if (owner !== "dead") continue;
    const claimed = join(own, name);
    try {
      renameSync(join(directory, name), claimed);
    } catch {
      continue; // another client was faster
    }
    adopted.push(...moveSegments(claimed, own));
  }
  return adopted.sort((one, other) => (basename(one) < basename(other) ? -1 : 1));
}

/** What a client had claimed and not yet moved when it died lies one folder deeper. */
function moveSegments(from: string, to: string): string[] {
  const segments = readdirSync(from, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".seg"));
  const moved = segments.map((name) => {
    const path = join(to, basename(name));
    renameSync(join(from, name), path);
    return path;
  });
  rmSync(from, { recursive: true });
  return moved;
}

/** Whether the client of a folder may still write to it; `unknown` where the system does not let this process ask. */
function ownerOf(name: string): "alive" | "dead" | "unknown" {
  const match = folderPattern.exec(name);
  if (match === null || inUse.has(name)) return "alive";
  const [pid = 0, start = 0, thread = 0] = match.slice(1).map(Number);
  if (pid === process.pid && thread === threadId) return "dead"; // a client of this thread that is closed, or of an earlier process
  const state = stateOf(pid);
  // A number is used again: the start of the process tells two of them apart, where both clients could see it.
  const startNow = startOf(pid);
  return state === "alive" && start > 0 && startNow > 0 && start !== startNow ? "dead" : state;
}

function stateOf(pid: number): "alive" | "dead" | "unknown" {
  try {
    process.kill(pid, 0);
    return "alive";
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code === "ESRCH") return "dead";
    return code === "EPERM" ? "alive" : "unknown"; // Deno without the permission to run programs
  }
}

/** When a process began, in clock ticks since the system did; 0 where that cannot be seen (not Linux, or Deno's permissions). */
function startOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Fields are counted behind the name, which may hold spaces: the start is the 20th (proc(5)).
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? 0);
  } catch {
    return 0;
  }
}

function folderRegistry(): Set<string> {
  const key = Symbol.for("@sluice/node spool folders");
  const holder = globalThis as { [key]?: Set<string> };
  return (holder[key] ??= new Set());
}
