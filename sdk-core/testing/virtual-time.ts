/*
 * A clock that tests move. Timers fire in order of their time; between two of them every promise that can
 * continue does, so a test sees what a device would see, without waiting.
 */
export class VirtualTime {
  nowMs: number;
  #timers: { readonly atMs: number; readonly run: () => void }[] = [];

  constructor(startMs = 1_700_000_000_000) {
    this.nowMs = startMs;
  }

  readonly setTimer = (run: () => void, delayMs: number): (() => void) => {
    const timer = { atMs: this.nowMs + Math.max(0, delayMs), run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  /** Resolves after so many virtual milliseconds. */
  readonly sleep = (ms: number): Promise<void> => new Promise((resolve) => this.setTimer(resolve, ms));

  /** Moves the clock, firing what is due. */
  async advance(ms: number): Promise<void> {
    const endMs = this.nowMs + ms;
    for (;;) {
      await settlePromises();
      const next = this.#timers.reduce<{ atMs: number; run: () => void } | null>(
        (first, timer) => (timer.atMs <= endMs && (first === null || timer.atMs < first.atMs) ? timer : first),
        null,
      );
      if (next === null) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.run();
    }
    this.nowMs = endMs;
    await settlePromises();
  }
}

/** Lets every promise continue that can. */
function settlePromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
