import { field, isObject, type Json, type JsonObject } from "./json.ts";

/** The six calls of the Segment spec, which every SDK on the wire speaks. */
export const eventTypes = ["track", "identify", "page", "screen", "group", "alias"] as const;

/** One of the six calls. */
export type EventType = (typeof eventTypes)[number];

/** Whether a value names one of the six calls. */
export function isEventType(value: unknown): value is EventType {
  return (eventTypes as readonly unknown[]).includes(value);
}

/** An event as it came from a client: an object, nothing else promised. */
export type RawEvent = JsonObject;

/**
 * The event with the type that its path implies (`/v1/track`), when it states none itself. A stated type,
 * even a wrong one, stays: the verdict speaks of what was sent. Values that are no objects stay as they are.
 */
export function eventWithType(raw: Json, impliedType: string | null): Json {
  if (impliedType === null || !isObject(raw) || Object.hasOwn(raw, "type")) return raw;
  return { ...raw, type: impliedType };
}

/** What one request carried, before any verdict. */
export interface Envelope {
  /** Write key in the body, if any. */
  readonly writeKey: string | null;
  /** `sentAt` as sent (ISO 8601), if any. */
  readonly sentAt: string | null;
  /** Our SDKs' estimate of server time minus device time, in ms, if any. */
  readonly clockOffsetMs: number | null;
  /** Events in the order sent. Values that are not objects stay, for the verdict to refuse. */
  readonly events: readonly Json[];
}

/**
 * Reads a parsed request body: either `{batch: […], writeKey?, sentAt?, clockOffsetMs?}` or one
 * single event (whose own `writeKey` and `sentAt` then serve). Never fails: a body that is no
 * object has no events.
 */
export function envelopeOf(body: Json): Envelope {
  if (!isObject(body)) return { writeKey: null, sentAt: null, clockOffsetMs: null, events: [] };
  const writeKey = field(body, "writeKey");
  const sentAt = field(body, "sentAt");
  const clockOffsetMs = field(body, "clockOffsetMs");
  const batch = field(body, "batch");
  return {
    writeKey: typeof writeKey === "string" ? writeKey : null,
    sentAt: typeof sentAt === "string" ? sentAt : null,
    clockOffsetMs: typeof clockOffsetMs === "number" && Number.isFinite(clockOffsetMs) ? clockOffsetMs : null,
    events: Array.isArray(batch) ? (batch as readonly Json[]) : [body],
  };
}
