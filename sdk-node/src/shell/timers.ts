/** Longest delay of a timer, ms (2^31 − 1); a longer one would fire at once. */
export const timerMsMax = 2_147_483_647;

/** A timer that keeps no process alive, where there is one. Returns what cancels it. */
export function setTimer(run: () => void, delayMs: number): () => void {
  const timer: unknown = setTimeout(run, Math.min(delayMs, timerMsMax));
  if (isNodeTimer(timer)) timer.unref();
  return () => clearTimeout(timer as number);
}

function isNodeTimer(timer: unknown): timer is { unref(): void } {
  return typeof timer === "object" && timer !== null && "unref" in timer;
}
