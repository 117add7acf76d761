import { fail, ok, type Result } from "@sluice/schema";
import { invalid, type Problem } from "./problem.ts";

/** Folders of the bucket that operators may list and read. */
const lakeFolders = ["events/", "rejected/", "marts/", "dead/", "spill/", "registry/"] as const;

/** Characters of a key; R2 allows 1,024 bytes. */
const lakeKeyLengthMax = 1_024;

/** A key of an object that may be read. */
export function lakeObjectKey(key: string | null): Result<string, Problem> {
  if (key === null || key.length > lakeKeyLengthMax || !isLakeKey(key)) {
    const detail = `key must start with one of ${lakeFolders.join(", ")} and have at most ${lakeKeyLengthMax} characters.`;
    return fail(invalid("key", detail));
  }
  return ok(key);
}

/** A prefix to list; "" lists every known folder. */
export function lakePrefix(prefix: string | null): Result<string, Problem> {
  const text = prefix ?? "";
  if (text === "" || (text.length <= lakeKeyLengthMax && isLakeKey(text))) return ok(text);
  return fail(invalid("prefix", `prefix must be empty or start with one of ${lakeFolders.join(", ")}.`));
}

/** Whether a key lies in a folder that operators may see. */
export function isLakeKey(key: string): boolean {
  return lakeFolders.some((folder) => key.startsWith(folder)) && !key.split("/").includes("..");
}
