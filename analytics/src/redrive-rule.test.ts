import type { Json } from "@sluice/schema";
import { anyJson } from "../../schema/testing/index.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { applyRule, parseRule } from "./redrive-rule.ts";

function mended(event: Json, ...steps: Json[]): Json {
  const rule = parseRule({ steps });
  if (!rule.ok) throw new Error(rule.error.detail);
  return applyRule(event, rule.value);
}

test("A45: a rule renames, casts and drops fields at any depth, in its order", () => {
  const event = { type: "track", name: "Bought", userId: 7, properties: { price: "9.5", at: 1_700_000_000, "a.b": 1 } };
  const steps: Json[] = [
    { rename: { from: "name", to: "event" } },
    { cast: { field: "userId", to: "string" } },
    { cast: { field: "properties.price", to: "number" } },
    { cast: { field: "properties.at", to: "time" } },
    { rename: { from: "properties.at", to: "timestamp" } },
    { rename: { from: "properties.price", to: "context.deep.price" } },
    { drop: { field: ["properties", "a.b"] } },
  ];
  expect(mended(event, ...steps)).toEqual({
    type: "track",
    event: "Bought",
    userId: "7",
    timestamp: "2023-11-14T22:13:20.000Z",
    context: { deep: { price: 9.5 } },
    properties: {},
  });
});

test("A45: what is not there, is no object, or says nothing in the other type, stays as it is", () => {
  const event = { a: "x", b: [1], c: null, d: {} };
  for (const to of ["number", "boolean", "time"]) expect(mended(event, { cast: { field: "a", to } })).toEqual(event);
  expect(mended(event, { rename: { from: "missing", to: "a" } })).toEqual(event);
  expect(mended(event, { drop: { field: "b.0" } })).toEqual(event);
  expect(mended(event, { drop: { field: "toString" } })).toEqual(event);
  expect(mended(event, { cast: { field: "constructor.name", to: "string" } })).toEqual(event);
  expect(mended({ a: 1, b: "no object" }, { rename: { from: "a", to: "b.c" } })).toEqual({ b: "no object" });
  expect(mended("text", { drop: { field: "a" } })).toBe("text");
});

test("A45: __proto__ is an ordinary key of a rule, and reaches no prototype", () => {
  const event = JSON.parse('{"__proto__":{"x":1},"y":{"polluted":true}}') as Json;
  const moved = mended(event, { rename: { from: "y", to: "__proto__.z" } });
  expect(JSON.stringify(moved)).toBe('{"__proto__":{"x":1,"z":{"polluted":true}}}');
  expect(Reflect.get({}, "polluted")).toBeUndefined();
});

test.each([
  [{}, "rule"],
  [{ steps: {} }, "rule"],
  [{ steps: [], more: 1 }, "rule"],
  [{ steps: Array.from({ length: 51 }, () => ({ drop: { field: "a" } })) }, "rule"],
  [{ steps: ["drop"] }, "rule.steps[0]"],
  [{ steps: [{ drop: { field: "a" }, cast: { field: "a", to: "string" } }] }, "rule.steps[0]"],
  [{ steps: [{ constructor: {} }] }, "rule.steps[0]"],
  [{ steps: [{ drop: { field: "a" } }, { drop: { field: "" } }] }, "rule.steps[1].drop.field"],
  [{ steps: [{ drop: { field: "a..b" } }] }, "rule.steps[0].drop.field"],
  [{ steps: [{ drop: { field: [1] } }] }, "rule.steps[0].drop.field"],
  [{ steps: [{ drop: { field: "a.".repeat(10) + "a" } }] }, "rule.steps[0].drop.field"],
  [{ steps: [{ drop: { field: "a", to: "b" } }] }, "rule.steps[0]"],
  [{ steps: [{ rename: { from: "a", to: 1 } }] }, "rule.steps[0].rename.to"],
  [{ steps: [{ cast: { field: "a", to: "object" } }] }, "rule.steps[0].cast.to"],
] as [Json, string][])("A45: the rule %j is refused and names %s", (value, parameter) => {
  expect(parseRule(value)).toMatchObject({ ok: false, error: { status: 400, parameter } });
});

test("A45: any rule that is accepted gives JSON of any event, and any JSON is accepted or refused", () => {
  const path = fc.oneof(fc.array(fc.constantFrom("a", "b", "__proto__"), { minLength: 1, maxLength: 3 }));
  const step = fc.oneof(
    fc.record({ rename: fc.record({ from: path, to: path }) }),
    fc.record({ cast: fc.record({ field: path, to: fc.constantFrom("string", "number", "boolean", "time") }) }),
    fc.record({ drop: fc.record({ field: path }) }),
  );
  const leaf = fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.constant(null));
  const object = fc.dictionary(
    fc.constantFrom("a", "b", "__proto__"),
    fc.oneof(leaf, fc.dictionary(fc.constantFrom("a", "b"), leaf)),
  );
  fc.assert(
    fc.property(object, fc.array(step, { maxLength: 6 }), (event, steps) => {
      const rule = parseRule({ steps } as Json);
      expect(rule.ok).toBe(true);
      if (rule.ok) expect(() => JSON.stringify(applyRule(event as Json, rule.value))).not.toThrow();
    }),
  );
  fc.assert(
    fc.property(anyJson(), (value) => {
      expect(typeof parseRule(value).ok).toBe("boolean");
    }),
  );
});
