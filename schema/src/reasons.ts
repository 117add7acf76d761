/**
 * Why an event is rejected: the closed set that appears in replies, in the rejected files, in
 * counters and in docs/SPEC.md. Adding one is a change of the contract.
 */
export const rejectReasons = [
  "not_an_object",
  "unknown_type",
  "missing_event_name",
  "event_name_too_long",
  "missing_identity",
  "identity_too_long",
  "invalid_message_id",
  "invalid_timestamp",
  "invalid_field_type",
  "event_too_large",
  "event_too_deep",
  "too_many_keys",
  "origin_not_allowed",
] as const;

/** One reason of the closed set. */
export type RejectReason = (typeof rejectReasons)[number];

/** Why one event was rejected, and where in it. */
export interface Rejection {
  readonly reason: RejectReason;
  /** Path of the offending field (`properties`, `messageId`), or "" for the event as a whole. */
  readonly field: string;
  /** One sentence for a developer. Never contains a value from the event. */
  readonly message: string;
}
