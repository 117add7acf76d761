import type { Delivered, Rejected, RetryNotice } from "@sluice/core";

/**
 * Why the browser SDK gave an event up:
 * `queue_full`: too much is waiting, the new event was not taken; `event_too_large`: over 32 KiB; `invalid_event`: cannot be
 * written as JSON; `no_consent`: the visitor has not agreed, or no longer agrees; `hook`: a plugin's `before` dropped it;
 * `expired`: it waited for more than 30 days; `http_NNN`: the server refused the request with a status that repeating
 * cannot change.
 */
export type WebDropReason =
  | "queue_full"
  | "event_too_large"
  | "invalid_event"
  | "no_consent"
  | "hook"
  | "expired"
  | `http_${number}`;

/** The SDK gave the event up. */
export interface WebDropped {
  readonly outcome: "dropped";
  readonly messageId: string;
  readonly reason: WebDropReason;
}

/** The event is still in the queue and goes on being retried. */
export interface WebKept {
  readonly outcome: "kept";
  readonly messageId: string;
}

/** What became of one event. */
export type WebResult = Delivered | Rejected | WebDropped;

/** The client waits before it sends again. */
export interface WebRetry extends RetryNotice {
  readonly outcome: "retry";
  readonly messageId?: undefined;
}

/** What listeners and plugins are told. */
export type Notice = WebResult | WebRetry;

/** What became of the events that were waiting when `flush()` was called, each in exactly one list. */
export interface WebFlushReport {
  readonly delivered: readonly Delivered[];
  readonly rejected: readonly Rejected[];
  readonly dropped: readonly WebDropped[];
  readonly kept: readonly WebKept[];
}
