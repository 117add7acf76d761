import type { WebOptions } from "./options.ts";

const positive = /^[1-9]\d*$/;

/** What options look like as text, and what they are where they are left out; options that are not named here are free. */
const checks: readonly (readonly [name: keyof WebOptions, pattern: RegExp, otherwise?: unknown])[] = [
  ["host", /^(https?:\/)?\/.*[^/]$/],
  ["writeKey", /\S\.\S/],
  ["flushAt", positive, 100],
  ["flushIntervalMs", positive, 2000],
  ["maxQueueCharacters", positive, 2_000_000],
  ["consent", /^(granted|denied|pending)$/, "granted"],
  ["pending", /^(drop|hold|anonymous)$/, "hold"],
];

/** Writes what is left out into the options. Returns the name of the first that cannot be used. */
export function complete(options: Partial<Record<keyof WebOptions, unknown>>): keyof WebOptions | undefined {
  for (const [name, pattern, otherwise] of checks) {
    if (!pattern.test((options[name] ??= otherwise) as string)) return name;
  }
  return undefined;
}
