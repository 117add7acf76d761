import type { QueuedEvent } from "./batch.ts";
import type { EventResult, FlushReport, Kept } from "./results.ts";

/** Starts the time limit of one flush; `finish` ends the flush. Returns what cancels the limit. */
type TimeLimit = (finish: () => void) => () => void;

/** Those who wait in `flush()`, each with the events that were waiting then. */
export interface FlushWaiters {
  /** A report over these events, complete when all are settled or the time is over. */
  readonly wait: (events: readonly QueuedEvent[], limit: TimeLimit) => Promise<FlushReport>;
  /** Ends the waits whose events are all settled, or all waits. */
  readonly check: (all: boolean) => void;
}

/** Nobody waits yet. */
export function createFlushWaiters(): FlushWaiters {
  const finishers = new Map<readonly QueuedEvent[], () => void>();
  return {
    wait: (events, limit) =>
      new Promise((resolve) => {
        const finish = (): void => {
          cancel();
          finishers.delete(events);
          resolve(reportOf(events));
        };
        const cancel = limit(finish);
        finishers.set(events, finish);
      }),
    check(all) {
      for (const [events, finish] of finishers) {
        if (all || events.every((event) => event.result)) finish();
      }
    },
  };
}

function reportOf(events: readonly QueuedEvent[]): FlushReport {
  const report: Record<keyof FlushReport, (EventResult | Kept)[]> = {
    delivered: [],
    rejected: [],
    dropped: [],
    kept: [],
  };
  for (const { result, messageId } of events) {
    if (result) report[result.outcome].push(result);
    else report.kept.push({ outcome: "kept", messageId });
  }
  return report as FlushReport; // each list holds the results of its own outcome
}
