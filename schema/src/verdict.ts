import { isEventType } from "./event.ts";
import { field, isObject, type Json, type JsonObject } from "./json.ts";
import {
  eventBytesMax,
  eventDepthMax,
  eventKeysMax,
  eventNameLengthMax,
  identityLengthMax,
  messageIdLengthMax,
} from "./limits.ts";
import { isSurelySmall, measure } from "./measure.ts";
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
  if (isSurelySmall(raw)) return null;
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

// Below, fields are read by name: no object inherits one of these names, and `field`, which asks, takes five times as long.

function judgeType({ type, event }: JsonObject): Refusal | null {
  if (!isEventType(type)) {
    return reject("unknown_type", "type", "type must be track, identify, page, screen, group or alias.");
  }
  if (type !== "track") return null;
  if (typeof event !== "string" || event === "") {
    return reject("missing_event_name", "event", "A track event needs a non-empty event name.");
  }
  if (event.length > eventNameLengthMax) {
    return reject("event_name_too_long", "event", `An event name may have at most ${eventNameLengthMax} characters.`);
  }
  return null;
}

type IdentityName = "userId" | "anonymousId" | "previousId" | "groupId";

function judgeIdentity({ userId, anonymousId, previousId, groupId }: JsonObject): Refusal | null {
  return (
    judgeId("userId", userId) ??
    judgeId("anonymousId", anonymousId) ??
    judgeId("previousId", previousId) ??
    judgeId("groupId", groupId) ??
    (idText(userId) === null && idText(anonymousId) === null
      ? reject("missing_identity", "userId", "An event needs a non-empty userId or anonymousId.")
      : null)
  );
}

function judgeId(name: IdentityName, value: Json | undefined): Refusal | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== "string" && typeof value !== "number") {
    return reject("invalid_field_type", name, `${name} must be a string.`);
  }
  if (typeof value === "string" && value.length > identityLengthMax) {
    return reject("identity_too_long", name, `${name} may have at most ${identityLengthMax} characters.`);
  }
  return null;
}

/** An id field as text; numbers count as their decimal text, empty strings and absent fields as `null`. */
export function identityOf(raw: JsonObject, name: IdentityName): string | null {
  return idText(field(raw, name));
}

function idText(value: Json | undefined): string | null {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : null;
}

function judgeFields(raw: JsonObject): Refusal | null {
  const { messageId, timestamp, originalTimestamp, properties, traits, context } = raw;
  return (
    judgeMessageId(messageId) ??
    judgeTime("timestamp", timestamp) ??
    judgeTime("originalTimestamp", originalTimestamp) ??
    judgeObject("properties", properties) ??
    judgeObject("traits", traits) ??
    judgeObject("context", context)
  );
}

function judgeMessageId(value: Json | undefined): Refusal | null {
  if (value === undefined || value === null || value === "") return null;
  if (typeof value === "string" && value.length <= messageIdLengthMax) return null;
  const message = `messageId must be a string of at most ${messageIdLengthMax} characters.`;
  return reject("invalid_message_id", "messageId", message);
}

function judgeTime(name: string, value: Json | undefined): Refusal | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "string" && parseTime(value) !== null) return null;
  return reject("invalid_timestamp", name, `${name} must be an ISO 8601 time.`);
}

function judgeObject(name: string, value: Json | undefined): Refusal | null {
  if (value === undefined || value === null || isObject(value)) return null;
  return reject("invalid_field_type", name, `${name} must be an object.`);
}
