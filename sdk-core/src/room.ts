import type { BuiltEvent } from "./event.ts";
import type { Limits } from "./limits.ts";

/** How much of the queue is taken, by events that wait or are in flight. */
export interface Room {
  /** Counts an event in (1) or out (-1). */
  readonly count: (event: BuiltEvent, sign: 1 | -1) => void;
  /** From 0 to 1, by events or by bytes, whichever is more. */
  readonly fullness: () => number;
}

/** An empty queue's room. */
export function createRoom(limits: Limits): Room {
  let events = 0;
  let bytes = 0;
  return {
    count(event, sign) {
      events += sign;
      bytes += sign * event.bytes;
    },
    fullness: () => Math.max(events / limits.maxQueueEvents, bytes / limits.maxQueueBytes),
  };
}
