import {
  eventBytesMax,
  eventDepthMax,
  eventKeysMax,
  eventNameLengthMax,
  eventTypes,
  identityLengthMax,
  isoTimePattern,
  type JsonObject,
  messageIdLengthMax,
} from "@sluice/schema";

/**
 * JSON Schema (2020-12) of an event, made of the constants that the verdicts use. What a schema cannot say, bytes, nesting and
 * number of keys, stands in its description; it counts characters by code point where the verdict counts UTF-16 units, so
 * that it is never stricter.
 */
export function eventSchema(): JsonObject {
  const identity = { type: ["string", "number", "null"], maxLength: identityLengthMax };
  const time = { anyOf: [{ type: "null" }, { type: "string", maxLength: 40, pattern: timePattern() }] };
  const freeFields = { type: ["object", "null"] };
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Event",
    description:
      `An event has at most ${eventBytesMax} bytes of JSON, ${eventDepthMax} levels of nesting and ${eventKeysMax} keys. ` +
      "Fields that are not named here are kept as they are.",
    type: "object",
    required: ["type"],
    properties: {
      type: { enum: eventTypes },
      event: { description: "Name of what happened. Required of a track event." },
      messageId: {
        description: "Id by which a second sending is recognized. Without one the server makes one.",
        type: ["string", "null"],
        maxLength: messageIdLengthMax,
      },
      timestamp: { description: "When it happened; without a zone it is UTC.", ...time },
      originalTimestamp: { description: "Stands in for an absent timestamp.", ...time },
      userId: { description: "The user as the site knows them.", ...identity },
      anonymousId: { description: "The device or browser.", ...identity },
      previousId: { description: "The id that an alias replaces.", ...identity },
      groupId: { description: "The group or account.", ...identity },
      properties: freeFields,
      traits: freeFields,
      context: freeFields,
    },
    anyOf: [withIdentity("userId"), withIdentity("anonymousId")],
    if: { properties: { type: { const: "track" } } },
    // The word is JSON Schema's own, and nobody awaits this object: it is only ever serialized.
    // oxlint-disable-next-line unicorn/no-thenable
    then: {
      required: ["event"],
      properties: { event: { type: "string", minLength: 1, maxLength: eventNameLengthMax } },
    },
  };
}

function withIdentity(name: string): JsonObject {
  return { required: [name], properties: { [name]: { type: ["string", "number"], minLength: 1 } } };
}

/** The pattern of times without its flag: JSON Schema knows none, so the letters stand in both cases. */
function timePattern(): string {
  return isoTimePattern.source.replaceAll("T", "Tt").replaceAll("Z", "[Zz]");
}
