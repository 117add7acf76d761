import { resolve } from "node:path";
import { parseArgs, type ParseArgsConfig } from "node:util";
import { fail, ok, type Result } from "@sluice/schema";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** Options and positional arguments of a command line, or one sentence on what is wrong with it. */
export function readArguments<const T extends Options>(
  args: readonly string[],
  options: T,
): Result<ReturnType<typeof parseArgs<{ args: string[]; options: T; allowPositionals: true; strict: true }>>, string> {
  try {
    return ok(parseArgs({ args: [...args], options, allowPositionals: true, strict: true }));
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

/** A port as text, 0 to 65533 (two more follow it), or `null`. */
export function portOf(text: string): number | null {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  return port >= 0 && port <= 65_533 ? port : null;
}

/** A path as the person meant it: npm runs every script in the project's root and keeps their folder in INIT_CWD. */
export function pathFromCaller(path: string): string {
  return resolve(process.env["INIT_CWD"] || process.cwd(), path);
}
