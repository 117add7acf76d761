import type { SetTimer } from "../ports.ts";

declare function setTimeout(run: () => void, delayMs: number): unknown;
declare function clearTimeout(timer: unknown): void;

interface Globals {
  readonly crypto?: { getRandomValues?(bytes: Uint8Array<ArrayBuffer>): unknown };
}
const globals = globalThis as unknown as Globals;

/** The device's wall clock, ms since 1970. */
export const now = (): number => Date.now();

/** Runs a function once after a time; returns what cancels it. */
export const setTimer: SetTimer = (run, delayMs) => {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
};

/** Random bytes: the platform's own where a polyfill brings them (Hermes has none). Ids need to differ, not be secret. */
export function random(bytes: Uint8Array<ArrayBuffer>): void {
  if (globals.crypto?.getRandomValues) globals.crypto.getRandomValues(bytes);
  else bytes.forEach((_, i) => (bytes[i] = Math.floor(Math.random() * 256)));
}
