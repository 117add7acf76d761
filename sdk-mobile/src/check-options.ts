import { parseWriteKey } from "@sluice/schema";
import type { MobileOptions } from "./options.ts";

/** What an option looks like where it is given. */
const checks: readonly (readonly [keyof MobileOptions, (value: unknown) => boolean])[] = [
  ["host", (value) => typeof value === "string" && /^https?:\/\/[^\s/]/.test(value)],
  ["writeKey", (value) => typeof value === "string" && parseWriteKey(value).ok],
  ["storage", hasMethods("getItem", "setItem", "removeItem", "getAllKeys")],
  ["appState", optional(hasMethods("addEventListener"))],
  ["netInfo", optional(hasMethods("addEventListener"))],
  ["linking", optional(hasMethods("addEventListener", "getInitialURL"))],
  ["flushAt", optional(isPositive)],
  ["flushIntervalMs", optional(isPositive)],
  ["maxQueueEvents", optional(isPositive)],
  ["maxQueueBytes", optional(isPositive)],
  ["consent", (value) => value === undefined || ["granted", "denied", "pending"].includes(value as string)],
  ["pending", (value) => value === undefined || ["drop", "hold", "anonymous"].includes(value as string)],
];

/** Throws a `TypeError` that names the first option that cannot be used, and does not repeat its value. */
export function checkOptions(options: MobileOptions): void {
  for (const [name, isUsable] of checks) {
    if (!isUsable((options as MobileOptions | undefined)?.[name])) throw new TypeError(`sluice: bad ${name}`);
  }
}

function isPositive(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function optional(isUsable: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => value === undefined || isUsable(value);
}

function hasMethods(...names: readonly string[]): (value: unknown) => boolean {
  return (value) =>
    typeof value === "object" &&
    value !== null &&
    names.every((name) => typeof (value as Record<string, unknown>)[name] === "function");
}
