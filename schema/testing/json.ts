import fc from "fast-check";
import type { Json } from "../src/json.ts";

/** Keys and texts that break careless programs: names of prototypes, lone surrogates, NUL, separators, number-like ones. */
export const awkwardTexts: readonly string[] = [
  "",
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "toJSON",
  "then",
  "length",
  "0",
  "-1",
  "NaN",
  "null",
  "\u0000",
  "a\u0000b",
  "\u0001\u001f\u007f",
  "\ud800",
  "\udc00x",
  "\ud83d\ude00",
  "\ufeff",
  "\u2028\u2029",
  '"',
  "\\",
  "\r\nSet-Cookie: a=b",
  "<script>alert(1)</script>",
  "../../etc/passwd",
];

/** Numbers at the edges of what JSON and doubles can say. */
export const awkwardNumbers: readonly number[] = [
  0,
  -0,
  1e-7,
  5e-324,
  1.7976931348623157e308,
  Number.MAX_SAFE_INTEGER,
  Number.MAX_SAFE_INTEGER + 1,
  -1e21,
];

/** Any text of up to some dozens of characters, awkward ones among them. */
export function anyText(): fc.Arbitrary<string> {
  return fc.oneof(
    { arbitrary: fc.string({ unit: "grapheme" }), weight: 3 },
    { arbitrary: fc.string({ unit: "binary" }), weight: 2 },
    { arbitrary: fc.constantFrom(...awkwardTexts), weight: 2 },
  );
}

/** Any number that `JSON.stringify` can write and read back, except that −0 comes back as 0. */
export function anyNumber(): fc.Arbitrary<number> {
  return fc.oneof(
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(...awkwardNumbers),
  );
}

/** Any value that `JSON.parse` can give, a few levels deep. `__proto__` is an own key in it where it occurs. */
export function anyJson(): fc.Arbitrary<Json> {
  const leaf = fc.oneof(fc.constant(null), fc.boolean(), anyNumber(), anyText());
  const { value } = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      leaf,
      fc.array(tie("value"), { maxLength: 5 }),
      fc.array(fc.tuple(anyText(), tie("value")), { maxLength: 5 }).map(objectOf),
    ),
  }));
  return value;
}

/** An object with these entries as own fields, also one called `__proto__`, as `JSON.parse` makes it. */
export function objectOf(entries: readonly (readonly [string, Json])[]): Json {
  return Object.fromEntries(entries) as Json;
}
