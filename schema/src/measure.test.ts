import fc from "fast-check";
import { expect, test } from "vitest";
import { isObject, type Json, type JsonObject } from "./json.ts";
import { eventBytesMax, eventDepthMax, eventKeysMax, publicRequestBytesMax } from "./limits.ts";
import { isSurelySmall, measure } from "./measure.ts";

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}

test("V9: bytes are those of JSON.stringify in UTF-8, for any text and structure", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
  );
  const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
    tree: fc.oneof(
      { depthSize: "small" },
      text,
      fc.double(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("tree"), { maxLength: 5 }),
      fc.dictionary(text, tie("tree"), { maxKeys: 5 }),
    ),
  }));
  fc.assert(
    fc.property(tree, (value) => {
      expect(measure(value).bytes).toBe(utf8Length(JSON.stringify(value)));
    }),
    { numRuns: 500 },
  );
});

test("V9: numbers that JSON cannot hold count as the null they become", () => {
  const value = JSON.parse("[1e400,-1e400,-0,1e21,1e-7,0.1]") as Json;
  expect(measure(value).bytes).toBe(JSON.stringify(value).length);
});

test("V10, V11: depth counts levels of nesting, keys are counted over all objects", () => {
  expect(measure({})).toEqual({ bytes: 2, keys: 0, depth: 1 });
  expect(measure({ a: [{ b: 1, c: {} }] })).toMatchObject({ keys: 3, depth: 4 });
  expect(measure("text")).toMatchObject({ keys: 0, depth: 0 });
});

test("V12: measuring stops early on what is far too large", () => {
  const size = measure({ first: "x".repeat(publicRequestBytesMax), second: { deep: { deeper: {} } } });
  expect(size.bytes).toBeGreaterThan(publicRequestBytesMax);
  expect(size.depth).toBe(1);
});

test("V9, V10, V11: what is surely small is within every limit when measured", () => {
  const depthTo = (depth: number): Json => (depth === 0 ? 1 : { a: depthTo(depth - 1) });
  const many = (keys: number): JsonObject => Object.fromEntries(Array.from({ length: keys }, (_, i) => [`k${i}`, i]));
  const values = fc.oneof(
    fc
      .object({ maxDepth: 6, maxKeys: 8, withNullPrototype: false })
      .map((value) => JSON.parse(JSON.stringify(value)) as Json),
    fc.integer({ min: 1, max: 80 }).map(depthTo),
    fc.integer({ min: 1, max: 12_000 }).map(many),
    fc.integer({ min: 0, max: 40_000 }).map((length) => ({ text: "\u0000".repeat(length) })),
    fc.integer({ min: 0, max: 8000 }).map((length) => ({ list: Array.from({ length }, () => -Number.MAX_VALUE) })),
  );
  let small = 0;
  fc.assert(
    fc.property(values, (value) => {
      if (!isObject(value) || !isSurelySmall(value)) return;
      small++;
      const size = measure(value);
      expect(size.bytes).toBeLessThanOrEqual(eventBytesMax);
      expect(size.keys).toBeLessThanOrEqual(eventKeysMax);
      expect(size.depth).toBeLessThanOrEqual(eventDepthMax);
    }),
    { numRuns: 500 },
  );
  expect(small).toBeGreaterThan(50);
});
