import type { RejectedInReply } from "@sluice/schema";

/**
 * Why the SDK gave an event up:
 * `queue_full`: the queue was at its limit, the new event was not taken; `event_too_large`: over 32 KiB;
 * `invalid_event`: cannot be written as JSON; `closed`: the client was closed first;
 * `no_consent`: the user of the device has not agreed, or no longer agrees (never on servers);
 * `http_NNN`: the server refused the request with a status that repeating cannot change.
 */
export type DropReason =
  | "queue_full"
  | "event_too_large"
  | "invalid_event"
  | "closed"
  | "no_consent"
  | `http_${number}`;

/** The server holds the event durably. */
export interface Delivered {
  readonly outcome: "delivered";
  readonly messageId: string;
}

/** The server refused the event and keeps it as rejected; `index` is its place in its batch. */
export interface Rejected extends RejectedInReply {
  readonly outcome: "rejected";
  readonly messageId: string;
}

/** The SDK gave the event up. */
export interface Dropped {
  readonly outcome: "dropped";
  readonly messageId: string;
  readonly reason: DropReason;
}

/** The event is still in the queue and goes on being retried. */
export interface Kept {
  readonly outcome: "kept";
  readonly messageId: string;
}

/** What became of one event. */
export type EventResult = Delivered | Rejected | Dropped;

/**
 * What became of the events that were waiting when `flush()` was called, each in exactly one list. `dropped` also
 * names the calls that were refused at once since the last flush, at most 1,000 of them.
 */
export interface FlushReport {
  readonly delivered: readonly Delivered[];
  readonly rejected: readonly Rejected[];
  readonly dropped: readonly Dropped[];
  readonly kept: readonly Kept[];
}

/** Why the client waits before it sends again. */
export interface RetryNotice {
  /** HTTP status, or 0 when there was no answer. */
  readonly status: number;
  /** Events in the batch. */
  readonly events: number;
  /** Until the next attempt, ms. */
  readonly delayMs: number;
}
