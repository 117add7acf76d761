import { brakeTimeMsMax } from "../limits.ts";

/** Thrown when work took longer than it may. The work itself goes on; its outcome is ignored. */
class TimeLimitError extends Error {
  override readonly name = "TimeLimitError";
}

/** Work that is waited for. */
interface Wait {
  readonly untilMs: number;
  readonly giveUp: (error: TimeLimitError) => void;
}

/** When the timer looks first, ms: the shortest limit there is, so that the waits that follow need no timer of their own. */
const firstLookMs = brakeTimeMsMax;

/**
 * The time limits of one request. All its waits share one timer, since setting and clearing one for each costs more than judging
 * a batch of ten. The runtime keeps the timers of each request apart, so they cannot be shared any further; and it drops them
 * with the request, so the last one is not cleared: it finds nothing late, if it comes to look at all.
 */
export class TimeLimits {
  readonly #waits = new Set<Wait>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looksAtMs = Number.POSITIVE_INFINITY;

  /** Waits for `work`, but no longer than `timeMsMax`; then rejects with a TimeLimitError. */
  within<Value>(work: Promise<Value>, timeMsMax: number): Promise<Value> {
    return new Promise((resolve, reject) => {
      const nowMs = Date.now();
      const wait: Wait = { untilMs: nowMs + timeMsMax, giveUp: reject };
      this.#waits.add(wait);
      if (wait.untilMs < this.#looksAtMs) this.#lookAt(Math.min(wait.untilMs, nowMs + firstLookMs), nowMs);
      const end = (): boolean => this.#waits.delete(wait);
      work.then(
        (value) => end() && resolve(value),
        (error: unknown) => end() && reject(error),
      );
    });
  }

  #lookAt(atMs: number, nowMs: number): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#looksAtMs = atMs;
    this.#timer = setTimeout(() => this.#look(), atMs - nowMs);
  }

  /** Gives up what is late, and looks again when the next wait is. */
  #look(): void {
    const nowMs = Date.now();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const wait of this.#waits) {
      if (wait.untilMs > nowMs) {
        nextMs = Math.min(nextMs, wait.untilMs);
      } else {
        this.#waits.delete(wait);
        wait.giveUp(new TimeLimitError("not done in time"));
      }
    }
    this.#timer = undefined;
    this.#looksAtMs = Number.POSITIVE_INFINITY;
    if (this.#waits.size > 0) this.#lookAt(nextMs, nowMs);
  }
}
