import type { WebOptions } from "./options.ts";

const positive = /^([1-9]\d*|undefined)$/;

/** What the text of an option looks like; options that are not named here are switches. */
const checks: readonly (readonly [keyof WebOptions, RegExp])[] = [
  ["host", /^(https?:\/)?\/.*[^/]$/],
  ["writeKey", /\S\.\S/],
  ["flushAt", positive],
  ["flushIntervalMs", positive],
  ["maxQueueCharacters", positive],
  ["consent", /^(granted|denied|pending|undefined)$/],
  ["pending", /^(drop|hold|anonymous|undefined)$/],
];

/** Throws a `TypeError` that names the first option that cannot be used, and does not repeat its value. */
export function checkOptions(options: WebOptions): void {
  for (const [name, pattern] of checks) {
    if (!pattern.test(String(options?.[name]))) throw new TypeError(`sluice: bad ${name}`);
  }
}
