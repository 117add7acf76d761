import { type Json } from "@sluice/schema";
import fc from "fast-check";
import { expect, test } from "vitest";
import { cutContexts } from "./cut-contexts.ts";
import { parseBody } from "./parse-body.ts";

const anyKey = fc.constantFrom(
  "batch",
  "context",
  "c\\u006fntext",
  "b\\u0061tch",
  "__proto__",
  "a",
  "",
  "x\\\\",
  '\\"',
);
const anySpace = fc.constantFrom("", "", "", " ", "\n\t");
const anyScalar = fc.constantFrom(
  "1",
  "-1",
  "0",
  "null",
  "true",
  '"context"',
  '"}"',
  '"\\\\"',
  '"\\"{"',
  '"ü😀"',
  "1e9",
);

/** JSON text with any names, white space, escapes and repeated fields: what no serializer writes, too. */
const anyJsonText = fc.letrec<{ value: string; object: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "medium" },
    anyScalar,
    tie("object"),
    fc.array(tie("value"), { maxLength: 4 }).map((items) => `[${items.join(",")}]`),
  ),
  object: fc
    .array(fc.tuple(anySpace, anyKey, anySpace, tie("value"), anySpace), { maxLength: 4 })
    .map((fields) => `{${fields.map(([a, key, b, value, c]) => `${a}"${key}"${b}:${b}${value}${c}`).join(",")}}`),
})).value;

const anyContext = fc.oneof(fc.constantFrom('{"a":1}', '{ "b": "}" }', '{"c":{"d":[{}]}}', "{}"), anyJsonText);
const anyEvent = fc
  .array(fc.tuple(anyKey, anyContext), { maxLength: 3 })
  .map((fields) => `{${fields.map(([key, value]) => `"${key}":${value}`).join(",")}}`);
/** Events that come three times, since contexts that do not repeat are not cut. */
const anyBatch = fc
  .array(fc.oneof(anyEvent, anyEvent, anyJsonText), { maxLength: 4 })
  .map((events) => [...events, ...events, ...events]);
const anyBody = fc
  .tuple(fc.array(fc.tuple(anyKey, anyJsonText), { maxLength: 2 }), anyBatch, anySpace)
  .map(
    ([fields, events, space]) =>
      `${space}{${fields.map(([key, value]) => `"${key}":${value},`).join("")}"batch":${space}[${events.join(",")}]}`,
  );

function outcomeOf(parse: (text: string) => unknown, text: string): unknown {
  try {
    return { value: parse(text) };
  } catch (error) {
    return error instanceof SyntaxError ? "no JSON" : error;
  }
}

test("Q90: a body reads as JSON.parse reads it, whatever is in it", () => {
  let cuts = 0;
  fc.assert(
    fc.property(fc.oneof(anyBody, anyBody, anyJsonText), (text) => {
      if (cutContexts(text) !== null) cuts += 1;
      expect(outcomeOf(parseBody, text)).toStrictEqual(outcomeOf(JSON.parse, text));
    }),
    { numRuns: 3000 },
  );
  expect(cuts).toBeGreaterThan(5);
});

test("Q90: what is no JSON is refused where JSON.parse refuses it", () => {
  const mangled = fc.tuple(
    anyBody,
    fc.nat(400),
    fc.nat(6),
    fc.constantFrom("", '"', "{", "}", "]", ",", ":", "1", "\\"),
  );
  fc.assert(
    fc.property(mangled, ([text, at, length, other]) => {
      const broken = text.slice(0, at) + other + text.slice(at + length);
      expect(outcomeOf(parseBody, broken)).toStrictEqual(outcomeOf(JSON.parse, broken));
    }),
    { numRuns: 3000 },
  );
});

test("Q90: events with one context share it", () => {
  const context = { page: { path: '/"\\{' } };
  const batch = [{ context }, { a: 1, context }, { context: { other: 1 } }, { context }, { a: null }];
  const parsed = parseBody(JSON.stringify({ batch })) as { batch: { context: Json }[] };
  expect(parsed).toEqual({ batch });
  const [first, second, third, fourth] = parsed.batch;
  expect(second?.context).toBe(first?.context);
  expect(fourth?.context).toBe(first?.context);
  expect(third?.context).not.toBe(first?.context);
});

test("Q90: a number of the client's own is never taken for a context", () => {
  const text = '{"batch":[{"context":{"a":1}},{"context":{"a":1}},{"context":0},{"c\\u006fntext":0}]}';
  expect(parseBody(text)).toEqual({
    batch: [{ context: { a: 1 } }, { context: { a: 1 } }, { context: 0 }, { context: 0 }],
  });
});
