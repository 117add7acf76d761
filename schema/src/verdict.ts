import { isEventType } from "./event.ts";
import { field, isObject, type Json, type JsonObject, textField } from "./json.ts";
import {
  eventBytesMax,
  eventDepthMax,
  eventKeysMax,
  eventNameLengthMax,
  identityLengthMax,
  messageIdLengthMax,
} from "./limits.ts";
import type { Rejection, RejectReason } from "./reasons.ts";
import { fail, ok, type Result } from "./result.ts";
import { parseTime } from "./time.ts";

/** Version of the rules in this file. It travels with each queue message, whose verdicts stay binding. */
export const rulesVersion = 1;

/**
 * Judges one event. Pure: the same event has the same verdict on every machine and every day.
 *
 * @param raw one element of `batch`, or the whole body of a single call.
 * @returns the event as an object, or why it is rejected.
 */
export function judgeEvent(raw: Json): Result<JsonObject, Rejection> {
  if (!isObject(raw)) return reject("not_an_object", "", "An event must be a JSON object.");
  return judgeShape(raw) ?? judgeType(raw) ?? judgeIdentity(raw) ?? judgeFields(raw) ?? ok(raw);
}

type Refusal = { readonly ok: false; readonly error: Rejection };

function reject(reason: RejectReason, name: string, message: string): Refusal {
  return fail({ reason, field: name, message });
}

function judgeShape(raw: JsonObject): Refusal | null {
  const size = measure(raw);
  if (size.depth > eventDepthMax) {
    return reject("event_too_deep", "", `An event may be nested at most ${eventDepthMax} levels deep.`);
  }
  if (size.keys > eventKeysMax) return reject("too_many_keys", "", `An event may have at most ${eventKeysMax} keys.`);
  if (size.bytes > eventBytesMax) {
    return reject("event_too_large", "", `An event may have at most ${eventBytesMax} bytes of JSON.`);
  }
  return null;
}

function judgeType(raw: JsonObject): Refusal | null {
  const type = field(raw, "type");
  if (!isEventType(type)) {
    return reject("unknown_type", "type", "type must be track, identify, page, screen, group or alias.");
  }
  if (type !== "track") return null;
  const name = textField(raw, "event");
  if (name === null) return reject("missing_event_name", "event", "A track event needs a non-empty event name.");
  if (name.length > eventNameLengthMax) {
    return reject("event_name_too_long", "event", `An event name may have at most ${eventNameLengthMax} characters.`);
  }
  return null;
}

const identityFields = ["userId", "anonymousId", "previousId", "groupId"] as const;

function judgeIdentity(raw: JsonObject): Refusal | null {
  for (const name of identityFields) {
    const value = field(raw, name);
    if (value === undefined || value === null) continue;
    if (typeof value !== "string" && typeof value !== "number") {
      return reject("invalid_field_type", name, `${name} must be a string.`);
    }
    if (String(value).length > identityLengthMax) {
      return reject("identity_too_long", name, `${name} may have at most ${identityLengthMax} characters.`);
    }
  }
  if (identityOf(raw, "userId") === null && identityOf(raw, "anonymousId") === null) {
    return reject("missing_identity", "userId", "An event needs a non-empty userId or anonymousId.");
  }
  return null;
}

/** An id field as text; numbers count as their decimal text, empty strings and absent fields as `null`. */
export function identityOf(raw: JsonObject, name: (typeof identityFields)[number]): string | null {
  const value = field(raw, name);
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : null;
}

function judgeFields(raw: JsonObject): Refusal | null {
  const messageId = field(raw, "messageId");
  if (messageId !== undefined && messageId !== null && messageId !== "") {
    if (typeof messageId !== "string" || messageId.length > messageIdLengthMax) {
      const message = `messageId must be a string of at most ${messageIdLengthMax} characters.`;
      return reject("invalid_message_id", "messageId", message);
    }
  }
  for (const name of ["timestamp", "originalTimestamp"]) {
    const value = field(raw, name);
    if (value === undefined || value === null) continue;
    if (typeof value !== "string" || parseTime(value) === null) {
      return reject("invalid_timestamp", name, `${name} must be an ISO 8601 time.`);
    }
  }
  for (const name of ["properties", "traits", "context"]) {
    const value = field(raw, name);
    if (value !== undefined && value !== null && !isObject(value)) {
      return reject("invalid_field_type", name, `${name} must be an object.`);
    }
  }
  return null;
}

interface Measure {
  /** Bytes of UTF-8 JSON without white space, as `JSON.stringify` would write it. */
  bytes: number;
  /** Keys over all objects. */
  keys: number;
  /** Levels of nesting; a flat object has 1. */
  depth: number;
}

/** Measures a value without serializing it; stops at the first limit passed, so the cost is bounded. */
function measure(value: Json): Measure {
  const total: Measure = { bytes: 0, keys: 0, depth: 0 };
  measureInto(value, 1, total);
  return total;
}

function measureInto(value: Json, level: number, total: Measure): void {
  if (total.bytes > eventBytesMax || total.keys > eventKeysMax || total.depth > eventDepthMax) return;
  if (typeof value === "string") {
    total.bytes += jsonStringBytes(value);
  } else if (typeof value === "number") {
    total.bytes += Number.isFinite(value) ? String(value).length : 4;
  } else if (typeof value === "boolean" || value === null) {
    total.bytes += value === false ? 5 : 4;
  } else {
    total.depth = Math.max(total.depth, level);
    total.bytes += 2;
    if (Array.isArray(value)) {
      for (const item of value as readonly Json[]) {
        total.bytes += 1;
        measureInto(item, level + 1, total);
      }
    } else {
      for (const key of Object.keys(value)) {
        total.keys += 1;
        total.bytes += jsonStringBytes(key) + 2;
        measureInto((value as JsonObject)[key] as Json, level + 1, total);
      }
    }
  }
}

/** Bytes of a string as JSON: two quotes, UTF-8, escapes counted as written by `JSON.stringify`. */
function jsonStringBytes(text: string): number {
  let bytes = text.length + 2;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) {
      if (unit >= 0xd800 && unit <= 0xdbff && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
        bytes += 2; // a pair: two units, four bytes
        i++;
      } else if (unit >= 0xd800 && unit <= 0xdfff) bytes += 5; // alone: \udXXX
      else bytes += unit > 0x7ff ? 2 : 1;
    } else if (unit === 0x22 || unit === 0x5c) bytes += 1;
    else if (unit < 0x20) bytes += shortEscapes.includes(unit) ? 1 : 5;
  }
  return bytes;
}

/** \b \t \n \f \r have escapes of two characters; other control characters take six. */
const shortEscapes: readonly number[] = [8, 9, 10, 12, 13];
