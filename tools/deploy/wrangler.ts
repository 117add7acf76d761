import { join } from "node:path";
import { type ChildResult, runTool } from "../child.ts";
import { projectRoot } from "../project-root.ts";

/** Quiet, without telemetry and without a look for a newer version. */
const environment = {
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_LOG_PATH: join(projectRoot, ".sluice", "wrangler-logs"),
};

/** Runs wrangler and returns what it printed. Nothing is asked: standard input is closed. */
export function wrangler(args: readonly string[]): Promise<ChildResult> {
  return runTool("wrangler", args, { env: { ...process.env, ...environment, CI: "1" } });
}

/** Prints a wrangler command, runs it, and throws what it said when it fails. */
export async function runWrangler(args: readonly string[]): Promise<string> {
  console.log(`$ wrangler ${args.join(" ")}`);
  const result = await wrangler(args);
  if (result.code !== 0) throw new Error(`wrangler ${args[0] ?? ""} failed:\n${result.output.trim()}`);
  return result.output;
}
