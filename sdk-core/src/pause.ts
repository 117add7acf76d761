import type { EnginePorts } from "./ports.ts";
import { retryDelayMs } from "./retry.ts";

/** The time after a failure in which nothing is sent. */
export interface Pause {
  readonly isOn: () => boolean;
  /** A batch of so many events failed with a status. Failures within one pause count as one. */
  readonly fail: (status: number, events: number, retryAfterMs: number | null) => void;
  /** A batch was answered: the next failure is the first again. */
  readonly succeed: () => void;
  /** Ends the pause, unless the server asked for it; does not resume. */
  readonly cancel: () => void;
}

/** @param resume called when a pause is over. */
export function createPause(ports: EnginePorts, resume: () => void): Pause {
  let failures = 0;
  let isServers = false;
  let cancelTimer: (() => void) | null = null;

  const end = (): void => {
    cancelTimer?.();
    cancelTimer = null;
  };
  return {
    isOn: () => cancelTimer !== null,
    fail(status, events, retryAfterMs) {
      if (cancelTimer === null) failures++;
      else if (retryAfterMs === null) return;
      end();
      isServers = retryAfterMs !== null;
      const delayMs = retryDelayMs(failures, retryAfterMs, uniform(ports));
      cancelTimer = ports.setTimer(() => {
        cancelTimer = null;
        resume();
      }, delayMs);
      ports.onRetry?.({ status, events, delayMs });
    },
    succeed() {
      failures = 0;
    },
    cancel() {
      if (!isServers) end();
    },
  };
}

/** A random number in [0, 1), in 256 steps: enough to spread clients over a pause. */
function uniform(ports: Pick<EnginePorts, "random">): number {
  const bytes = new Uint8Array(1);
  ports.random(bytes);
  return (bytes[0] ?? 0) / 256;
}
