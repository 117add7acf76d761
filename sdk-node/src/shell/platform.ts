import { randomFillSync } from "node:crypto";

/** The server's wall clock, ms since 1970. */
export const now = (): number => Date.now();

/** Random bytes of the operating system. */
export function random(bytes: Uint8Array<ArrayBuffer>): void {
  randomFillSync(bytes);
}

/** Longest delay of a Node timer, ms (2^31 − 1); a longer one would fire at once. */
const timerMsMax = 2_147_483_647;

/** A timer that never keeps the process alive. Returns what cancels it. */
export function setTimer(run: () => void, delayMs: number): () => void {
  const timer = setTimeout(run, Math.min(delayMs, timerMsMax));
  timer.unref();
  return () => clearTimeout(timer);
}

/** Keeps the process alive until the promise is settled: somebody awaits what the timers above will bring. */
export async function holdProcess<T>(promise: Promise<T>): Promise<T> {
  const hold = setInterval(() => undefined, timerMsMax);
  try {
    return await promise;
  } finally {
    clearInterval(hold);
  }
}
