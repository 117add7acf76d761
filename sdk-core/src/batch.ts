import type { BuiltEvent } from "./event.ts";
import type { BatchClock } from "./clock-offset.ts";
import type { RestoredAt } from "./device-clock.ts";
import type { EventResult } from "./results.ts";

/** Bytes of a request that are not events: key, times, punctuation. The longest write key has 200 characters. */
export const envelopeBytesMax = 400;

/** An event in the queue. */
export interface QueuedEvent extends BuiltEvent {
  /** What became of it; `null` while it waits. */
  result: EventResult | null;
  /** Absent for events of this run. */
  readonly restoredAt?: RestoredAt;
}

/** Events that travel together. Its events and its offset stay what they are through all resends. */
export interface Batch extends BatchClock {
  readonly events: readonly QueuedEvent[];
  /** Sent, and not answered yet. */
  flying: boolean;
}

/** How large a batch may be. */
export interface BatchLimits {
  readonly events: number;
  readonly bytes: number;
}

/**
 * How many events from the front of the queue make the next batch; 0 when it is not time yet.
 *
 * A batch is due when the queue fills one (by count or bytes), or when its first event is due by time or flush.
 *
 * @param dueEvents how many events at the front are due.
 */
export function planBatch(queue: readonly QueuedEvent[], limits: BatchLimits, dueEvents: number): number {
  let bytes = envelopeBytesMax;
  for (let count = 0; count < queue.length; count++) {
    bytes += (queue[count]?.bytes ?? 0) + 1;
    if (count >= limits.events || (count > 0 && bytes > limits.bytes)) return count;
  }
  return dueEvents > 0 || queue.length >= limits.events || bytes > limits.bytes ? queue.length : 0;
}

/** A batch of these events, sent with the offset that `offsetOf` gives for its first device time. */
export function createBatch(events: readonly QueuedEvent[], offsetOf: (firstStampMs: number) => number | null): Batch {
  const stamps = events.flatMap((event) => event.stampMs ?? []);
  return { lastStampMs: Math.max(...stamps), events, offsetMs: offsetOf(Math.min(...stamps)), flying: false };
}

/** The two halves of a batch the server found too large; both keep its offset. */
export function splitBatch({ events, offsetMs }: Batch): Batch[] {
  const middle = events.length >> 1;
  return [events.slice(0, middle), events.slice(middle)].map((half) => createBatch(half, () => offsetMs));
}

/** The request body of a batch. */
export function requestBody({ events, offsetMs }: Batch, writeKey: string, sentMs: number): string {
  const batch = events.map((event) => event.json).join(",");
  const offset = offsetMs === null ? "" : `,"clockOffsetMs":${offsetMs}`;
  const sentAt = new Date(sentMs).toISOString();
  return `{"writeKey":${JSON.stringify(writeKey)},"batch":[${batch}],"sentAt":"${sentAt}"${offset}}`;
}
