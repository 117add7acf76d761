import fc from "fast-check";
import { expect, test } from "vitest";
import { envelopeOf } from "./event.ts";
import { field, type Json, objectField, textField } from "./json.ts";

test("V27: a batch yields its events in order, with what the request says of itself", () => {
  const body = { writeKey: "k", sentAt: "2026-11-20T07:24:43Z", clockOffsetMs: -5, batch: [{ a: 1 }, null, 3] };
  expect(envelopeOf(body)).toEqual({
    writeKey: "k",
    sentAt: "2026-11-20T07:24:43Z",
    clockOffsetMs: -5,
    events: [{ a: 1 }, null, 3],
  });
  expect(envelopeOf({ batch: [] }).events).toEqual([]);
});

test("V27: any other object is a single event, and what is no object has none", () => {
  const single = { type: "track", writeKey: "k" };
  expect(envelopeOf(single)).toMatchObject({ writeKey: "k", events: [single] });
  for (const body of [null, [], "text", 5]) expect(envelopeOf(body).events).toEqual([]);
  expect(envelopeOf({ writeKey: 5, sentAt: {}, clockOffsetMs: "1", batch: [] })).toEqual({
    writeKey: null,
    sentAt: null,
    clockOffsetMs: null,
    events: [],
  });
});

test("V27: a clock offset that is no finite number is none", () => {
  const body = JSON.parse('{"batch":[],"clockOffsetMs":1e999}') as Json;
  expect(envelopeOf(body).clockOffsetMs).toBeNull();
});

test("V26: fields are own fields only, whatever their name", () => {
  const hostile = JSON.parse('{"__proto__":{"x":1},"a":""}') as Json & object;
  if (Array.isArray(hostile)) throw new Error("an object was expected");
  const object = hostile as Record<string, Json>;
  expect(field(object, "x")).toBeUndefined();
  expect(field(object, "constructor")).toBeUndefined();
  expect(objectField(object, "__proto__")).toEqual({ x: 1 });
  expect(textField(object, "a")).toBeNull();
  fc.assert(
    fc.property(fc.string(), (name) => {
      if (name !== "a" && name !== "__proto__") expect(field(object, name)).toBeUndefined();
    }),
  );
});
