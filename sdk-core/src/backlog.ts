import { type Batch, createBatch, planBatch, type QueuedEvent } from "./batch.ts";
import type { Limits } from "./limits.ts";

/** Every event that is not settled: the queue, and the batches that were sent and are not confirmed. */
export interface Backlog {
  /** Waiting for their first batch, oldest first. */
  readonly queue: QueuedEvent[];
  /** Sent and unconfirmed, in flight or waiting to be sent again; oldest first. */
  readonly batches: Batch[];
  /** What is queued now need not wait for a full batch. */
  readonly makeDue: () => void;
  /** The batch to send next: one that waits to be sent again, else a new one of at most so many bytes, if one is due. */
  readonly next: (bytes: number) => Batch | undefined;
  /** All events, oldest first. */
  readonly events: () => QueuedEvent[];
}

/** An empty backlog. */
export function createBacklog(limits: Limits): Backlog {
  const queue: QueuedEvent[] = [];
  const batches: Batch[] = [];
  let dueEvents = 0;
  return {
    queue,
    batches,
    makeDue() {
      dueEvents = queue.length;
    },
    next(bytes) {
      const waiting = batches.find((batch) => !batch.flying);
      const count = waiting ? 0 : planBatch(queue, { events: limits.flushAt, bytes }, dueEvents);
      if (count === 0) return waiting;
      dueEvents = Math.max(0, dueEvents - count);
      const batch = createBatch(queue.splice(0, count));
      batches.push(batch);
      return batch;
    },
    events: () => [...batches.flatMap((batch) => batch.events), ...queue],
  };
}
