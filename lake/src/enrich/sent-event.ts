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
import type { ScannedContext } from "../sent-events.ts";

/** What an event shares with others of its request: most of its columns follow from it. */
export interface Setting {
  readonly receipt: Receipt;
  /** `context`; empty where the event has none. */
  readonly context: JsonObject;
  /** The properties of a page call that describe its page, else empty. */
  readonly ownPage: JsonObject;
}

/** An accepted event as it was sent, and the receipt of its request: all that a row follows from. */
export interface SentEvent extends Setting {
  readonly raw: JsonObject;
  /** Index in the original request. */
  readonly index: number;
  readonly type: EventType;
  /** `properties`; empty where the event has none. */
  readonly properties: JsonObject;
}

/**
 * Takes an event apart. Throws when it has no type: it has not passed `judgeEvent`.
 *
 * @param scanned its context, where it was scanned and not parsed.
 */
export function sentEventOf(
  raw: JsonObject,
  receipt: Receipt,
  index: number,
  scanned: ScannedContext | null = null,
): SentEvent {
  const type = typeOf(raw, receipt);
  const properties = objectField(raw, "properties") ?? none;
  return {
    raw,
    receipt,
    index,
    type,
    context: scanned?.object ?? objectField(raw, "context") ?? none,
    properties,
    ownPage: type === "page" && describesPage(properties) ? properties : none,
  };
}

/** Fields of `context.page` that a page call may state as its properties. */
const pageFields = ["url", "path", "title", "referrer"] as const;

function describesPage(properties: JsonObject): boolean {
  return pageFields.some((name) => field(properties, name) !== undefined);
}

/** An object without fields, in place of one that an event does not have. */
export const none: JsonObject = {};

function typeOf(raw: JsonObject, receipt: Receipt): EventType {
  const typed = eventWithType(raw, receipt.impliedType);
  const type = isObject(typed) ? field(typed, "type") : undefined;
  if (!isEventType(type)) throw new Error("rowOf takes events that passed judgeEvent");
  return type;
}
