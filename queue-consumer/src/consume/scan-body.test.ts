import fc from "fast-check";
import { expect, test } from "vitest";
import { field, isObject, type Json, type JsonObject } from "@sluice/schema";
import { scanBody } from "./scan-body.ts";

/** Of an event as `JSON.parse` reads it, what {@link scanBody} reads. */
function sliceOfEvent(event: JsonObject): JsonObject {
  const texts = ["type", "messageId", "timestamp", "originalTimestamp"].flatMap((name) => {
    const value = field(event, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const context = field(event, "context");
  if (!isObject(context)) return Object.fromEntries(texts);
  const library = field(context, "library");
  const name = isObject(library) ? field(library, "name") : undefined;
  const read = isObject(library) ? { library: name === undefined ? {} : { name } } : {};
  return Object.fromEntries([...texts, ["context", read]]);
}

/** What a scan of a text must be, if it is anything. */
function expectedOf(text: string): readonly JsonObject[] {
  const body = JSON.parse(text) as { batch: readonly JsonObject[] };
  return body.batch.map(sliceOfEvent);
}

const name = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom("type", "messageId", "timestamp", "originalTimestamp", "context", "library", "name"),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom("batch", "properties", "__proto__", "", "typ", "types", "nämé", 'a"b', "\\"),
  },
  fc.string(),
);
const value = fc.letrec<{ any: Json }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<Json[]>(
      "track",
      "",
      "2026-03-01T12:10:00Z",
      "ä\u0000\ud800",
      '"}]',
      "\\",
      null,
      true,
      false,
      0,
      -1.5e-7,
      1e21,
    ),
    fc.string(),
    fc.dictionary(name, tie("any"), { maxKeys: 5 }),
    fc.array(tie("any"), { maxLength: 3 }),
  ),
})).any;
/** What SDKs send. */
const usual = fc.record(
  {
    type: fc.constantFrom("track", "page"),
    messageId: fc.constantFrom("a", "01KAG2X9YM0000000000000001"),
    timestamp: fc.constant("2026-03-01T12:10:00Z"),
    properties: value,
    context: fc.record({ library: fc.record({ name: fc.constantFrom("@sluice/web", "x") }), page: value }),
  },
  { requiredKeys: [] },
);
const event = fc.dictionary(name, value, { maxKeys: 8 });
const body = fc.oneof(
  fc.record({ batch: fc.array(usual, { maxLength: 3 }) }),
  fc.record({
    batch: fc.array(fc.oneof({ weight: 9, arbitrary: usual }, { weight: 2, arbitrary: event }, value), {
      maxLength: 5,
    }),
  }),
  fc.dictionary(name, value, { maxKeys: 4 }),
  value,
);
const spaces = fc.constantFrom(undefined, 1, "\t", "\n ");
const text = fc.tuple(body, spaces).map(([json, space]) => JSON.stringify(json, null, space));

test("Q105: a scanned body says of each event what JSON.parse says of it, or nothing", () => {
  let scanned = 0;
  fc.assert(
    fc.property(text, (json) => {
      const events = scanBody(Buffer.from(json));
      if (events === null) return;
      scanned += 1;
      expect(events).toEqual(expectedOf(json));
    }),
    { numRuns: 3000 },
  );
  expect(scanned).toBeGreaterThan(100);
});

test("Q105: of a damaged body nothing is scanned that JSON.parse would refuse, or read otherwise", () => {
  let scanned = 0;
  const pieces = [
    '"',
    "\\",
    "\\u12",
    ",",
    "{",
    "}",
    "[",
    "]",
    ":",
    " ",
    "1",
    "01",
    "-",
    "e",
    ".",
    "tru",
    "null",
    "\u0001",
    "ä",
    "\ufeff",
    '"type":',
    '"batch":[',
    '"\\u0074ype":',
  ];
  const cut = fc.tuple(text, fc.nat(), fc.nat({ max: 3 }), fc.constantFrom("", ...pieces));
  fc.assert(
    fc.property(cut, ([whole, at, removed, inserted]) => {
      const start = at % (whole.length + 1);
      const damaged = Buffer.from(whole.slice(0, start) + inserted + whole.slice(start + removed));
      const events = scanBody(damaged);
      if (events === null) return;
      scanned += 1;
      expect(events).toEqual(expectedOf(damaged.toString()));
    }),
    { numRuns: 5000 },
  );
  expect(scanned).toBeGreaterThan(100);
});

test("Q105: bytes that are no UTF-8 are scanned where they stand in texts that nobody asks for, and nowhere else", () => {
  const bytes = (json: string): Buffer => Buffer.from(json, "latin1");
  expect(scanBody(bytes('{"batch":[{"type":"track","userId":"\xff"}]}'))).toEqual([{ type: "track" }]);
  expect(scanBody(bytes('{"batch":[{"type":"\xff"}]}'))).toBeNull();
  expect(scanBody(bytes('{"batch":[{"type\xff":1}]}'))).toBeNull();
  expect(scanBody(bytes('\xef\xbb\xbf{"batch":[]}'))).toBeNull();
});

test("Q105: what SDKs send is scanned, and a context that repeats is read once", () => {
  const context = { library: { name: "@sluice/web", version: "1" }, page: { title: 'Ünïcode \\ "title"' } };
  const batch = [0, 1, 2].map((i) => ({
    type: "track",
    event: "Added",
    messageId: `01KAG2X9YM000000000000000${i}`,
    timestamp: "2026-03-01T12:10:00.000Z",
    properties: { price: 14.9, ids: [1, -2e3, null], nested: { ok: true } },
    context,
  }));
  const events = scanBody(Buffer.from(JSON.stringify({ writeKey: "k", batch, sentAt: "x" }))) ?? [];
  expect(events).toEqual(batch.map(sliceOfEvent));
  expect(events[2]?.["context"]).toBe(events[0]?.["context"]);
});

test.each([
  ["no batch", '{"type":"track"}'],
  ["two batches", '{"batch":[],"batch":[]}'],
  ["an event that is no object", '{"batch":[1]}'],
  ["a field given twice", '{"batch":[{"messageId":"a","messageId":"b"}]}'],
  ["a field that is no text", '{"batch":[{"messageId":1}]}'],
  ["a context that is no object", '{"batch":[{"context":[]}]}'],
  ["an escape in a name", '{"batch":[{"\\u0074ype":"track"}]}'],
  ["an escape in an id", '{"batch":[{"messageId":"a\\nb"}]}'],
  ["something behind it", '{"batch":[]}]'],
  ["deep nesting", `{"batch":[{"a":${"[".repeat(40)}${"]".repeat(40)}}]}`],
])("Q105: %s is left to JSON.parse", (_, json) => {
  expect(scanBody(Buffer.from(json))).toBeNull();
});
