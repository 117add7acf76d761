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
import type { ScannedEvent } from "../scan/sent-events.ts";

/** What an event shares with others of its request: most of its columns follow from it. */
export interface Setting {
  readonly receipt: Receipt;
  /** `context`; empty where the event has none. */
  readonly context: JsonObject;
  /** Its JSON, where it is known already. */
  readonly contextText: string | null;
  /** The properties of a page call that describe its page, else empty. */
  readonly ownPage: JsonObject;
}

/** An accepted event as it was sent, and the receipt of its request: all that a row follows from. */
export interface SentEvent extends Setting {
  readonly raw: JsonObject;
  /** Index in the original request. */
  readonly index: number;
  readonly type: EventType;
  /** `properties`; empty where the event has none. Of an event that was scanned, those that columns are made of. */
  readonly properties: JsonObject;
  /** Its JSON, where it is known already. */
  readonly propertiesText: string | null;
}

/** Takes an event apart. Throws when it has no type: it has not passed `judgeEvent`. */
export function sentEventOf(raw: JsonObject, receipt: Receipt, index: number): SentEvent {
  const type = typeOf(raw, receipt);
  const properties = objectField(raw, "properties") ?? none;
  return {
    raw,
    receipt,
    index,
    type,
    context: objectField(raw, "context") ?? none,
    contextText: null,
    properties,
    propertiesText: null,
    ownPage: type === "page" && describesPage(properties) ? properties : none,
  };
}

/** Likewise of an event that was scanned, not parsed. */
export function sentEventOfScan(scanned: ScannedEvent, receipt: Receipt, index: number): SentEvent {
  const { raw } = scanned;
  const type = typeOf(raw, receipt);
  const properties = scanned.properties?.object ?? none;
  return {
    raw,
    receipt,
    index,
    type,
    context: scanned.context?.object ?? none,
    contextText: scanned.context?.text ?? null,
    properties,
    propertiesText: scanned.properties?.text ?? null,
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
