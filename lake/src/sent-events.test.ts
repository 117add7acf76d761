import { envelopeOf, isObject, type Json, type JsonObject } from "@sluice/schema";
import fc from "fast-check";
import { expect, test } from "vitest";
import { anyJson, receiptOf, trackOf } from "../testing/fixtures.ts";
import { encodeEvents, encodeEventTable } from "./encode.ts";
import { EventTable } from "./event-table.ts";
import { sentEventOf } from "./enrich/sent-event.ts";
import { settingSteps } from "./enrich/steps.ts";
import { rowOf } from "./row.ts";
import { SentEvents } from "./sent-events.ts";

const source = { birthId: "b", logSequence: 3 };

const contexts: readonly Json[] = [
  {
    library: { name: "@sluice/web", version: "1" },
    page: { url: "/a?utm_source=x&gclid=1", title: 'a "b" \\ {' },
    ip: "",
  },
  {
    library: { name: "@sluice/web", version: "1" },
    page: { url: "/b" },
    session: { id: "s" },
    locale: "de",
    timezone: "t",
  },
  {
    userAgent: "curl/8",
    os: { name: "iOS", version: "1" },
    device: { type: "ios" },
    groupId: "g",
    2: 1,
    1: [2, "]", {}],
  },
  {
    campaign: { source: "mail" },
    consent: { categoryPreferences: { a: true } },
    app: { name: "a" },
    n: -0.5e-7,
    b: false,
  },
  { consentManagement: { deniedConsentIds: ["x"] }, traits: { email: "e" }, context: { context: 1 }, "": null },
  {},
];
const anyContext = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...contexts) }, { weight: 1, arbitrary: anyJson });
const anyEvent: fc.Arbitrary<JsonObject> = fc
  .record({
    type: fc.constantFrom("track", "page", "identify"),
    properties: fc.oneof(
      anyJson,
      fc.constantFrom<Json[]>({ url: "/own", title: "t" }, { revenue: 9.5, currency: "eur" }),
    ),
    context: fc.option(anyContext, { nil: undefined }),
    note: fc.constantFrom<Json[]>('"context":{', "context", { context: { a: 1 } }, null),
  })
  .map((part) => trackOf(JSON.parse(JSON.stringify(part)) as JsonObject));
const anyBodies = fc.array(fc.array(anyEvent, { maxLength: 6 }), { maxLength: 4 });

/** A part of bodies, as publication makes it, and that of the rows of their events. */
function partsOf(texts: readonly string[]): readonly [Uint8Array, Uint8Array] {
  const table = new EventTable();
  const sent = new SentEvents();
  const rows = texts.flatMap((text, body) => {
    const receipt = receiptOf({ receiptId: `r${body}`, keyKind: body % 2 === 0 ? "public" : "server" });
    const events = envelopeOf(JSON.parse(text) as Json).events.filter(isObject);
    const scanned = sent.read(text);
    if (scanned === null) events.forEach((event, index) => table.add(event, receipt, index));
    else scanned.forEach((event, index) => table.addScanned(event, receipt, index));
    return events.map((event, index) => rowOf(event, receipt, index));
  });
  return [encodeEventTable(table, source), encodeEvents(rows, source)];
}

test("L52: a part made of bodies whose contexts are cut out is, byte for byte, the part of their rows", () => {
  fc.assert(
    fc.property(anyBodies, (bodies) => {
      const [made, expected] = partsOf(bodies.map((batch) => JSON.stringify({ batch, sentAt: "x" })));
      expect(made).toEqual(expected);
    }),
    { numRuns: 150 },
  );
});

/** Events whose text no serializer writes so. */
const unusual: readonly string[] = [
  '{"type":"page","context":{"page":{"url":"a"},"page":{"url":"b"},"locale":"x"}}',
  '{"type":"page","context":{"__proto__":{"locale":"x"},"locale":"y"}}',
  '{"type":"page","context":{"loc\\u0061le":"x"}}',
  '{"type":"page","cont\\u0065xt":{"locale":"x"}}',
  '{"type":"page","context" : {"locale":"x"}}',
  '{"type":"page","context":{ "locale": "x", "page": {"url": "u"} }}',
  '{"type":"page","context":{"locale":"x" ,"screen":{"width":1.0}}}',
  '{"type":"page","context":{"locale":"x"},"context":{"timezone":"t"}}',
  '{"type":"page","context":0,"name":"context\\":{"}',
  '{"type":"page","context":0}',
  '{"type":"page","mycontext":{"a":1},"context":{"a":1e400,"b":10.0}}',
  '{"type":"page","integrations":{"context":{"a":1}},"context":{"locale":"x"}}',
  '{"type":"page","context":{"locale":"\\ud800"}}',
  '{"type":"page","context":[{"context":{"a":1}}]}',
];

test("L52: the same where a body is written as no serializer does", () => {
  const usual = '{"type":"track","event":"e","context":{"locale":"x","page":{"url":"u"}}}';
  for (const text of unusual) {
    for (const events of [[text], [usual, text, usual], [text, usual, text]]) {
      const [made, expected] = partsOf([`{"batch":[${events.join()}]}`, `{"batch":[${usual}]}`]);
      expect(made, text).toEqual(expected);
    }
  }
  for (const body of ["[]", "5", '{"type":"page","context":{"locale":"x"}}', '{"batch":{"0":1}}']) {
    expect(new SentEvents().read(body), body).toBeNull();
  }
});

test("L52: what a body says is read without it being parsed whole, and equal members of contexts are one value", () => {
  const sent = new SentEvents();
  const text = JSON.stringify({ batch: contexts.slice(0, 2).map((context) => trackOf({ context })) });
  const [first, second] = sent.read(text) ?? [];
  expect(first?.context?.object).toEqual(contexts[0]);
  expect(second?.context?.members.get("library")).toBe(first?.context?.members.get("library"));
  expect(second?.context?.members.get("page")).not.toBe(first?.context?.members.get("page"));
  expect(sent.read(text)?.[0]?.context?.members.get("page")).toBe(first?.context?.members.get("page"));
});

test("L53: a step of settings looks at no member of the context, no receipt and no page that it does not name", () => {
  for (const context of contexts) {
    const event = sentEventOf({ type: "page", context, properties: { url: "/own" } }, receiptOf(), 0);
    const row = { sdk_name: null, page_url: "/x?utm_source=y", user_agent: "curl/8" };
    for (const { name, reads, columns } of settingSteps) {
      if (reads.context === "all") continue;
      const named = new Set<string>(reads.context);
      const members = new Proxy(event.context, {
        get(target, member, receiver): unknown {
          expect(typeof member === "string" && named.has(member), `${name} reads ${String(member)}`).toBe(true);
          return Reflect.get(target, member, receiver);
        },
        ownKeys(): never {
          throw new Error(`${name} lists the members of the context`);
        },
      });
      const setting = {
        get receipt() {
          if (!reads.receipt) throw new Error(`${name} reads the receipt`);
          return event.receipt;
        },
        get ownPage() {
          if (!reads.ownPage) throw new Error(`${name} reads the event's own page`);
          return event.ownPage;
        },
        context: members,
      };
      expect(columns(setting, row), name).toEqual(columns(event, row));
    }
  }
});
