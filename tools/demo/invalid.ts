import {
  eventBytesMax,
  eventDepthMax,
  eventNameLengthMax,
  identityLengthMax,
  messageIdLengthMax,
} from "@sluice/schema";
import type { Json, RejectReason } from "@sluice/schema";
import type { DemoEvent } from "./event.ts";

/** A broken event and the reason for which it must be rejected. */
export interface InvalidEvent {
  readonly raw: unknown;
  readonly reason: RejectReason;
}

/**
 * What a broken client makes of a good event. The kinds take turns by `number`, so that every one appears.
 * `too_many_keys` has none: 10,000 keys do not fit the 32 KiB that an event may have, whose check fires first.
 *
 * @param messageId an id of its own: were the event stored by mistake, it would count as one more.
 */
export function invalidFrom(event: DemoEvent, number: number, messageId: string): InvalidEvent {
  const [reason, breakIt] = mistakes[number % mistakes.length] ?? mistakes[0];
  return { reason, raw: breakIt({ ...event, messageId }) };
}

type Mistake = readonly [reason: RejectReason, breakIt: (event: DemoEvent) => unknown];

const mistakes: readonly [Mistake, ...Mistake[]] = [
  ["not_an_object", (event) => JSON.stringify(event)],
  ["unknown_type", (event) => ({ ...event, type: "event" })],
  ["missing_event_name", (event) => ({ ...event, type: "track", event: "" })],
  ["event_name_too_long", (event) => ({ ...event, type: "track", event: "x".repeat(eventNameLengthMax + 1) })],
  ["missing_identity", (event) => ({ ...event, userId: "", anonymousId: null })],
  ["identity_too_long", (event) => ({ ...event, anonymousId: "a".repeat(identityLengthMax + 1) })],
  ["invalid_message_id", (event) => ({ ...event, messageId: "m".repeat(messageIdLengthMax + 1) })],
  ["invalid_timestamp", (event) => ({ ...event, timestamp: "yesterday" })],
  ["invalid_field_type", (event) => ({ ...event, properties: "price=3" })],
  ["event_too_large", (event) => ({ ...event, properties: { note: "n".repeat(eventBytesMax) } })],
  ["event_too_deep", (event) => ({ ...event, properties: { tree: nested(eventDepthMax + 1) } })],
];

function nested(levels: number): Json {
  let tree: Json = 1;
  for (let level = 0; level < levels; level++) tree = { next: tree };
  return tree;
}
