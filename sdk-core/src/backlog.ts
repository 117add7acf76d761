import { type Batch, createBatch, planBatch, type QueuedEvent } from "./batch.ts";
import type { DeviceClock } from "./device-clock.ts";
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
export function createBacklog(limits: Limits, clock: Pick<DeviceClock, "isKnown">): Backlog {
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
      const planned = waiting ? 0 : planBatch(queue, { events: limits.flushAt, bytes }, dueEvents);
      if (planned === 0) return waiting;
      const count = Math.min(planned, togetherMax(queue, clock));
      dueEvents = Math.max(0, dueEvents - count);
      const batch = createBatch(queue.splice(0, count));
      batches.push(batch);
      return batch;
    },
    events: () => [...batches.flatMap((batch) => batch.events), ...queue],
  };
}

/**
 * How many events from the front of the queue may travel together. An earlier run may have sent the first ones without an offset;
 * sent so again with others, they could be corrected by another step than those. So the first goes alone, and teaches the offset.
 */
function togetherMax(queue: readonly QueuedEvent[], clock: Pick<DeviceClock, "isKnown">): number {
  const restoredAt = queue[0]?.restoredAt;
  if (restoredAt === "start" && !clock.isKnown()) return 1;
  const others = queue.findIndex((event) => (event.restoredAt === "late") !== (restoredAt === "late"));
  return others < 0 ? queue.length : others;
}
