import fc from "fast-check";
import { eventTypes } from "../src/event.ts";
import type { Json, JsonObject } from "../src/json.ts";
import { messageIdLengthMax } from "../src/limits.ts";
import { anyJson, anyText, objectOf } from "./json.ts";

/** Ids as SDKs make them: ULID, UUID, `ajs-next-<ms>-<uuid>`, short base36. */
export function messageId(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.ulid(),
    fc.uuid(),
    fc.tuple(fc.integer({ min: 1_400_000_000_000, max: 2_000_000_000_000 }), fc.uuid()).map(([ms, id]) => {
      return `ajs-next-${ms}-${id}`;
    }),
    fc.stringMatching(/^[0-9a-z]{6,12}$/),
  );
}

/** ISO 8601 times that the contract takes: with and without milliseconds, `Z`, an offset or no zone. */
export function isoTime(): fc.Arbitrary<string> {
  const instant = fc.date({
    min: new Date("2015-01-01T00:00:00Z"),
    max: new Date("2035-01-01T00:00:00Z"),
    noInvalidDate: true,
  });
  return fc.tuple(instant, fc.constantFrom("Z", "+00:00", "-0530", "")).map(([date, zone]) => {
    return `${date.toISOString().slice(0, -1)}${zone}`;
  });
}

/** An id of a user or a device: text or number, never empty. */
function identity(): fc.Arbitrary<string | number> {
  return fc.oneof(
    fc.string({ minLength: 1, maxLength: 40 }),
    fc.integer(),
    anyText().filter((text) => text !== ""),
  );
}

/** Free fields of a few entries, as customers put them into properties, traits and context. */
function freeFields(): fc.Arbitrary<Json> {
  return fc.array(fc.tuple(anyText(), anyJson()), { maxLength: 4 }).map(objectOf);
}

/** An event that every rule accepts, well under its limits; sometimes with fields that nobody knows. */
export function goodEvent(): fc.Arbitrary<JsonObject> {
  const optional = {
    messageId: messageId(),
    timestamp: isoTime(),
    originalTimestamp: isoTime(),
    anonymousId: fc.oneof(identity(), fc.constant(null)),
    previousId: identity(),
    groupId: identity(),
    properties: freeFields(),
    traits: freeFields(),
    context: freeFields(),
    integrations: freeFields(),
    custom: anyJson(),
  };
  const required = {
    type: fc.constantFrom(...eventTypes),
    event: fc.string({ minLength: 1, maxLength: 60 }),
    userId: identity(),
  };
  return fc.record(
    { ...required, ...optional },
    { requiredKeys: ["type", "event", "userId"] },
  ) as fc.Arbitrary<JsonObject>;
}

/** An event with one mistake, or a value that is no event at all: every rule rejects it. */
export function badEvent(): fc.Arbitrary<Json> {
  const noObject = fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    anyText(),
    fc.array(anyJson(), { maxLength: 3 }),
  );
  const mistake = fc.oneof(
    fc.record({ type: fc.constantFrom("", "Track", "delete", "__proto__") }),
    fc.record({ type: fc.constantFrom(null, 7, true) }),
    fc.record({ type: fc.constant("track"), event: fc.constantFrom(null, "", 7, "x".repeat(513)) }),
    fc.record({ userId: fc.constantFrom("", null), anonymousId: fc.constantFrom("", null) }),
    fc.record({ userId: fc.constantFrom(true, "u".repeat(513)) }),
    fc.record({ messageId: fc.constantFrom<Json>(7, true, "m".repeat(messageIdLengthMax + 1)) }),
    fc.record({ timestamp: fc.constantFrom<Json>("yesterday", "2026-02-30", 1_700_000_000_000, "") }),
    fc.record({ properties: fc.constantFrom<Json>("text", 7, true) }),
    fc.record({ context: fc.constantFrom<Json>("text", 7, true) }),
    fc.record({ properties: fc.constant({ text: "x".repeat(33_000) }) }),
    fc.record({ properties: fc.constant(deep(70)) }),
  );
  const broken = fc.tuple(goodEvent(), mistake).map(([event, change]) => ({ ...event, ...(change as JsonObject) }));
  return fc.oneof({ arbitrary: noObject, weight: 1 }, { arbitrary: broken, weight: 3 });
}

/** An object nested `levels` deep. */
export function deep(levels: number): JsonObject {
  let value: JsonObject = {};
  for (let level = 1; level < levels; level++) value = { a: value };
  return value;
}
