import { join } from "node:path";
import { readJsonFile, type StatePaths, writePrivateJson } from "../local/state-files.ts";
import { dayName, demoDays, type DemoPlan, startOf } from "./event.ts";
import type { DemoTruth } from "./truth.ts";

/** What `demo.json` says: how to make the same month again, and what it holds. */
interface DemoFile {
  readonly seed: number;
  readonly anchor: string;
  readonly users: number;
  /** First day, and first day after the last. */
  readonly from: string;
  readonly to: string;
  readonly truth: DemoTruth;
}

/** Writes `demo.json` into the state folder; returns its path. */
export function writeDemoFile(paths: StatePaths, plan: DemoPlan, truth: DemoTruth): string {
  const anchor = dayName(plan.anchorMs);
  const file: DemoFile = {
    ...{ seed: plan.seed, anchor, users: plan.users },
    ...{ from: dayName(startOf(plan)), to: anchor, truth },
  };
  const path = demoFilePath(paths);
  writePrivateJson(path, file);
  return path;
}

/**
 * A sentence about another demo that was sent before, or `null`. Two demos in one project add up, which is
 * right, and would puzzle whoever compares the numbers with the truth of one.
 */
export function earlierDemo(paths: StatePaths, plan: DemoPlan): string | null {
  const file = readJsonFile<Partial<DemoFile>>(demoFilePath(paths));
  if (file === null) return null;
  const [seed, anchor, users] = [Number(file.seed), String(file.anchor), Number(file.users)];
  if (seed === plan.seed && anchor === dayName(plan.anchorMs) && users === plan.users) return null;
  return (
    `Another demo was sent from this state folder before; its events stay, and days that both cover hold both.\n` +
    `To send that one again: npm run demo -- --seed ${seed} --anchor ${anchor} --users ${users}`
  );
}

/** Days of a plan as a person says them. */
export function daysText(plan: DemoPlan): string {
  return `${demoDays} days, ${dayName(startOf(plan))} to ${dayName(plan.anchorMs - 1)} (UTC)`;
}

function demoFilePath(paths: StatePaths): string {
  return join(paths.folder, "demo.json");
}
