import {
  eventWithType,
  type EventType,
  field,
  isEventType,
  isObject,
  type JsonObject,
  objectField,
  type Receipt,
} from "@sluice/schema";

/** An accepted event as it was sent, and the receipt of its request: all that a row follows from. */
export interface SentEvent {
  readonly raw: JsonObject;
  readonly receipt: Receipt;
  /** Index in the original request. */
  readonly index: number;
  readonly type: EventType;
  /** `context` and `properties`; empty where the event has none. */
  readonly context: JsonObject;
  readonly properties: JsonObject;
}

/** Takes an event apart. Throws when it has no type: it has not passed `judgeEvent`. */
export function sentEventOf(raw: JsonObject, receipt: Receipt, index: number): SentEvent {
  return {
    raw,
    receipt,
    index,
    type: typeOf(raw, receipt),
    context: objectField(raw, "context") ?? none,
    properties: objectField(raw, "properties") ?? none,
  };
}

/** An object without fields, in place of one that an event does not have. */
export const none: JsonObject = {};

function typeOf(raw: JsonObject, receipt: Receipt): EventType {
  const typed = eventWithType(raw, receipt.impliedType);
  const type = isObject(typed) ? field(typed, "type") : undefined;
  if (!isEventType(type)) throw new Error("rowOf takes events that passed judgeEvent");
  return type;
}
