import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { badEvent, goodEvent } from "../testing/index.ts";
import { eventWithType, eventTypes } from "./event.ts";
import type { Json, JsonObject } from "./json.ts";
import {
  eventBytesMax,
  eventDepthMax,
  eventKeysMax,
  eventNameLengthMax,
  identityLengthMax,
  messageIdLengthMax,
} from "./limits.ts";
import { type RejectReason, rejectReasons } from "./reasons.ts";
import { identityOf, judgeEvent } from "./verdict.ts";

const track: JsonObject = { type: "track", event: "Signed Up", messageId: "m1", anonymousId: "a1" };

function reasonOf(raw: Json): RejectReason | "accepted" {
  const verdict = judgeEvent(raw);
  return verdict.ok ? "accepted" : verdict.error.reason;
}

function fieldOf(raw: Json): string | null {
  const verdict = judgeEvent(raw);
  return verdict.ok ? null : verdict.error.field;
}

/** An event whose JSON has exactly `bytes` bytes. */
function eventOfBytes(bytes: number): JsonObject {
  const empty = JSON.stringify({ ...track, properties: { text: "" } }).length;
  return { ...track, properties: { text: "x".repeat(bytes - empty) } };
}

/** An event of exactly `levels` levels: itself, `properties`, and nested objects. */
function eventOfDepth(levels: number): JsonObject {
  let inner: JsonObject = {};
  for (let level = 2; level < levels; level++) inner = { a: inner };
  return { ...track, properties: inner };
}

/** An event of exactly `keys` keys. */
function eventOfKeys(keys: number): JsonObject {
  const own = Object.keys(track).length + 1;
  const names = Array.from({ length: keys - own }, (_, index) => [`k${index}`, 0] as const);
  return { ...track, properties: Object.fromEntries(names) };
}

describe("shape", () => {
  test("V1: only a JSON object is an event", () => {
    for (const raw of [null, true, 1, "track", [], [track]]) expect(reasonOf(raw)).toBe("not_an_object");
    expect(reasonOf(track)).toBe("accepted");
  });

  test("V9: an event has at most 32 KiB of JSON", () => {
    expect(reasonOf(eventOfBytes(eventBytesMax))).toBe("accepted");
    expect(reasonOf(eventOfBytes(eventBytesMax + 1))).toBe("event_too_large");
  });

  test("V10: an event has at most 64 levels of nesting", () => {
    expect(reasonOf(eventOfDepth(eventDepthMax))).toBe("accepted");
    expect(reasonOf(eventOfDepth(eventDepthMax + 1))).toBe("event_too_deep");
    expect(reasonOf(eventOfDepth(20_000))).toBe("event_too_deep");
  });

  test("V11: an event of more than 10,000 keys is told so, not merely that it is large", () => {
    expect(reasonOf(eventOfKeys(eventKeysMax + 1))).toBe("too_many_keys");
    expect(reasonOf(eventOfKeys(eventKeysMax))).toBe("event_too_large");
    expect(reasonOf(eventOfKeys(1_000))).toBe("accepted");
  });
});

describe("type and name", () => {
  test("V2: the six calls are accepted, any other type is not", () => {
    for (const type of eventTypes) expect(reasonOf({ ...track, type })).toBe("accepted");
    for (const type of ["", "Track", "purchase", "toString", "__proto__", null, 1, {}]) {
      expect(reasonOf({ ...track, type })).toBe("unknown_type");
    }
    expect(reasonOf({ event: "E", userId: "u" })).toBe("unknown_type");
  });

  test("V3: a track event needs a name of 1 to 512 characters", () => {
    for (const event of ["", null, 5, {}]) expect(reasonOf({ ...track, event })).toBe("missing_event_name");
    expect(reasonOf({ type: "track", userId: "u" })).toBe("missing_event_name");
    expect(reasonOf({ ...track, event: "e".repeat(eventNameLengthMax) })).toBe("accepted");
    expect(reasonOf({ ...track, event: "e".repeat(eventNameLengthMax + 1) })).toBe("event_name_too_long");
    expect(reasonOf({ type: "page", userId: "u" })).toBe("accepted");
  });

  test("V13: the type that the path implies fills an absent type only", () => {
    expect(eventWithType({ event: "E" }, "track")).toEqual({ event: "E", type: "track" });
    expect(eventWithType({ type: "page" }, "track")).toEqual({ type: "page" });
    expect(eventWithType({ type: null }, "track")).toEqual({ type: null });
    expect(eventWithType({ event: "E" }, null)).toEqual({ event: "E" });
    expect(eventWithType("text", "track")).toBe("text");
    const hostile = JSON.parse('{"__proto__":{"type":"page"}}') as Json;
    expect(JSON.stringify(eventWithType(hostile, "track"))).toBe('{"__proto__":{"type":"page"},"type":"track"}');
  });
});

describe("identity", () => {
  const page: JsonObject = { type: "page" };

  test("V4: an event needs a user id or an anonymous id, text or number", () => {
    const withoutIdentity = [{}, { userId: "" }, { userId: null, anonymousId: "" }, { groupId: "g" }];
    for (const ids of withoutIdentity) expect(reasonOf({ ...page, ...ids })).toBe("missing_identity");
    for (const ids of [{ userId: "u" }, { anonymousId: "a", userId: "" }, { userId: 7 }]) {
      expect(reasonOf({ ...page, ...ids })).toBe("accepted");
    }
    expect(identityOf({ userId: 7 }, "userId")).toBe("7");
    expect(identityOf({ userId: "" }, "userId")).toBeNull();
    expect(identityOf({}, "userId")).toBeNull();
  });

  test("V5: ids have at most 512 characters", () => {
    for (const name of ["userId", "anonymousId", "previousId", "groupId"]) {
      const event = { ...track, userId: "u" };
      expect(reasonOf({ ...event, [name]: "i".repeat(identityLengthMax) })).toBe("accepted");
      expect(reasonOf({ ...event, [name]: "i".repeat(identityLengthMax + 1) })).toBe("identity_too_long");
      expect(reasonOf({ ...event, [name]: ["u"] })).toBe("invalid_field_type");
      expect(fieldOf({ ...event, [name]: { a: 1 } })).toBe(name);
    }
  });
});

describe("fields", () => {
  test("V6: a message id is absent, empty, or a text of at most 100 characters", () => {
    for (const messageId of ["m".repeat(messageIdLengthMax), "", null]) {
      expect(reasonOf({ ...track, messageId })).toBe("accepted");
    }
    for (const messageId of ["m".repeat(messageIdLengthMax + 1), 5, {}, false]) {
      expect(reasonOf({ ...track, messageId })).toBe("invalid_message_id");
    }
  });

  test("V7: timestamps are absent or ISO 8601", () => {
    for (const name of ["timestamp", "originalTimestamp"]) {
      for (const value of ["2026-11-20T07:24:43.692Z", "2026-11-20", "2026-11-20 07:24:43+00:00", null]) {
        expect(reasonOf({ ...track, [name]: value })).toBe("accepted");
      }
      for (const value of ["", "yesterday", 1_795_159_483_692, {}, "2026-02-30T00:00:00Z"]) {
        expect(reasonOf({ ...track, [name]: value })).toBe("invalid_timestamp");
        expect(fieldOf({ ...track, [name]: value })).toBe(name);
      }
    }
  });

  test("V8: properties, traits and context are absent or objects", () => {
    for (const name of ["properties", "traits", "context"]) {
      for (const value of [{}, { a: [1] }, null]) expect(reasonOf({ ...track, [name]: value })).toBe("accepted");
      for (const value of ["text", 1, [], false]) {
        expect(reasonOf({ ...track, [name]: value })).toBe("invalid_field_type");
        expect(fieldOf({ ...track, [name]: value })).toBe(name);
      }
    }
  });

  test("V26: inherited names are no fields, and __proto__ is an ordinary one", () => {
    expect(reasonOf(JSON.parse('{"__proto__":{"type":"track","event":"E","userId":"u"}}') as Json)).toBe(
      "unknown_type",
    );
    const event = JSON.parse('{"type":"page","userId":"u","__proto__":{"properties":5}}') as Json;
    expect(reasonOf(event)).toBe("accepted");
  });
});

test("V12: every JSON value has a verdict with a reason of the closed set, and the same one again", () => {
  const event = fc.record(
    {
      type: fc.oneof(fc.constantFrom<Json>(...eventTypes), fc.jsonValue() as fc.Arbitrary<Json>),
      event: fc.jsonValue(),
      userId: fc.oneof(fc.string(), fc.jsonValue()),
      messageId: fc.oneof(fc.string(), fc.jsonValue()),
      timestamp: fc.oneof(fc.string(), fc.jsonValue()),
      properties: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(event, fc.jsonValue()), (value) => {
      const raw = JSON.parse(JSON.stringify(value)) as Json;
      const verdict = judgeEvent(raw);
      expect(judgeEvent(raw)).toEqual(verdict);
      if (verdict.ok) expect(verdict.value).toBe(raw);
      else expect(rejectReasons).toContain(verdict.error.reason);
    }),
  );
});

test("V12: what a sender is told never contains a value of the event", () => {
  const secret = "s3cret-value";
  const events: Json[] = [
    { ...track, type: secret },
    { ...track, messageId: secret.repeat(20) },
    { ...track, timestamp: secret },
    { ...track, properties: secret },
    { ...track, userId: secret.repeat(100) },
  ];
  for (const event of events) {
    const verdict = judgeEvent(event);
    expect(verdict.ok).toBe(false);
    expect(JSON.stringify(verdict)).not.toContain(secret);
  }
});

test("V12: an event without a mistake is accepted as it is, and one with a single mistake is rejected", () => {
  fc.assert(
    fc.property(goodEvent(), (event) => {
      const verdict = judgeEvent(event);
      expect(verdict.ok ? verdict.value : verdict.error).toBe(event);
    }),
  );
  fc.assert(
    fc.property(badEvent(), (event) => {
      expect(judgeEvent(event).ok).toBe(false);
    }),
  );
});
