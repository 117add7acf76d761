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

/** Events that travel together. Its events, and once it has left its offset, stay what they are through all resends. */
export interface Batch extends BatchClock {
  readonly events: readonly QueuedEvent[];
  /** Smallest device time, ms; Infinity when the SDK stamped none. */
  readonly firstStampMs: number;
  offsetMs: number | null;
  /** Sent, and not answered yet. */
  flying: boolean;
  /** Sent at least once. */
  hasLeft: boolean;
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

/** A batch of these events. Without an offset it gets one when it first leaves. */
export function createBatch(events: readonly QueuedEvent[], offsetMs: number | null = null): Batch {
  const stamps = events.flatMap((event) => event.stampMs ?? []);
  const times = { firstStampMs: Math.min(...stamps), lastStampMs: Math.max(...stamps) };
  return { ...times, events, offsetMs, flying: false, hasLeft: false };
}

/**
 * The two halves of a batch the server found too large; both keep its offset. If it had none, the second half takes what the first
 * one's answer teaches: two batches without an offset may be corrected by two steps of the server's.
 */
export function splitBatch({ events, offsetMs }: Batch): Batch[] {
  const middle = events.length >> 1;
  return [events.slice(0, middle), events.slice(middle)].map((half) => createBatch(half, offsetMs));
}

/** A batch leaves: the first time with the offset that `offsetOf` gives, unless it has one, and from then on with the same. */
export function sendOff(batch: Batch, offsetOf: () => number | null): void {
  if (!batch.hasLeft) batch.offsetMs ??= offsetOf();
  batch.hasLeft = true;
  batch.flying = true;
}

/** The request body of a batch, made in one piece: a text that is put together twice takes twice its memory. */
export function requestBody({ events, offsetMs }: Batch, writeKey: string, sentMs: number): string {
  const texts = events.map((event) => event.json);
  const offset = offsetMs === null ? "" : `,"clockOffsetMs":${offsetMs}`;
  const last = texts.length - 1;
  texts[0] = `{"writeKey":${JSON.stringify(writeKey)},"batch":[${texts[0] ?? ""}`;
  texts[last] += `],"sentAt":"${new Date(sentMs).toISOString()}"${offset}}`;
  return texts.join(",");
}
