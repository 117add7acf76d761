/*
 * How much memory the workerd processes that this process started have in use. Linux only, where /proc says so.
 */
import { readdirSync, readFileSync } from "node:fs";

/** Whether {@link workerdBytes} can be asked here. */
export const canMeasureMemory = process.platform === "linux";

/** Resident bytes of every workerd below this process. */
export function workerdBytes(): number {
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => statusOf(name) ?? []);
  const ours = new Set([process.pid]);
  for (let grew = true; grew;) {
    const children = processes.filter(({ pid, parent }) => ours.has(parent) && !ours.has(pid));
    for (const { pid } of children) ours.add(pid);
    grew = children.length > 0;
  }
  return processes.reduce((sum, { pid, name, bytes }) => (ours.has(pid) && name === "workerd" ? sum + bytes : sum), 0);
}

interface ProcessStatus {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly bytes: number;
}

function statusOf(pid: string): ProcessStatus | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const read = (field: string): string => new RegExp(`^${field}:\\s*(\\S+)`, "m").exec(status)?.[1] ?? "0";
    return { pid: Number(pid), parent: Number(read("PPid")), name: read("Name"), bytes: Number(read("VmRSS")) * 1024 };
  } catch {
    return null; // the process ended while the list was read
  }
}
