import { gunzipSync, gzipSync } from "node:zlib";
import { type AppendSlice, encodeQueueMessage, type Json } from "@sluice/schema";
import { expect, test } from "vitest";
import { testEvent, testMessage, testReceipt } from "../../testing/harness.ts";
import { textsOf } from "../log/id-texts.ts";
import { planAppends, requestBytesMax, sliceBytes } from "./append-requests.ts";
import { openMessage } from "./decode-message.ts";
import { sharedBodyFilesMax, sliceOf } from "./message-slice.ts";

const hour = 3_600_000;

/** The slice of a message whose events happened in so many hours, in turns. */
function sliceOver(
  hours: number,
  events: number,
  fields: Partial<Parameters<typeof testMessage>[1]> = {},
): AppendSlice {
  const list = Array.from({ length: events }, (_, i) => {
    const time = new Date(Date.parse("2026-03-01T12:10:00Z") - (i % hours) * hour).toISOString();
    return testEvent(`m${i}`, time);
  });
  return sliceOfEvents(list, fields);
}

function sliceOfEvents(events: readonly Json[], fields: Partial<Parameters<typeof testMessage>[1]> = {}): AppendSlice {
  const opened = openMessage(testMessage(events, { receiptId: "r1", ...fields }));
  if (!opened.ok) throw new Error(opened.error);
  return sliceOf(opened.value);
}

test("Q56: the events of few files stay in the client's own body, byte for byte", () => {
  const message = testMessage([testEvent("a"), testEvent("b", "2026-03-01T09:00:00Z")], { receiptId: "r1" });
  const opened = openMessage(message);
  if (!opened.ok) throw new Error(opened.error);
  const slice = sliceOf(opened.value);
  expect(slice.bodies).toHaveLength(1);
  expect(message.subarray(message.length - (slice.bodies[0]?.gzip.length ?? 0))).toEqual(slice.bodies[0]?.gzip);
  expect(slice.segments).toEqual([
    { dataset: "events", fileHourMs: Date.parse("2026-03-01T12:00:00Z"), body: 0 },
    { dataset: "events", fileHourMs: Date.parse("2026-03-01T09:00:00Z"), body: 0 },
  ]);
  expect([...slice.events.segments]).toEqual([0, 1]);
});

test("Q56: the events of many files are packed anew, each file's once, with their indices", () => {
  const slice = sliceOver(sharedBodyFilesMax + 1, 60, { firstIndex: 100 });
  expect(slice.segments).toHaveLength(sharedBodyFilesMax + 1);
  const found = slice.segments.flatMap(({ body }, segment) => {
    const { form, gzip, bytes, events } = slice.bodies[body] ?? {
      form: "",
      gzip: new Uint8Array(),
      bytes: 0,
      events: 0,
    };
    const text = gunzipSync(gzip).toString();
    const pairs = JSON.parse(text) as [number, { messageId: string }][];
    expect([form, bytes, events]).toEqual(["picked", text.length, pairs.length]);
    return pairs.map(([index, event]) => [index, event.messageId, segment]);
  });
  const expected = textsOf(slice.events.ids).map((id, i) => [100 + i, id, slice.events.segments[i]]);
  expect(found.toSorted(([a], [b]) => Number(a) - Number(b))).toEqual(expected);
});

test("Q56: no body of a slice is larger than the message's own", () => {
  const random = Array.from({ length: 300 }, (_, i) => ({
    ...testEvent(`m${i}`, new Date(Date.parse("2026-03-01T12:10:00Z") - (i < 290 ? 0 : i) * hour).toISOString()),
    properties: { text: "x".repeat(i * 10) },
  }));
  const slice = sliceOfEvents(random, { keyKind: "server" });
  const own = slice.bodies[0]?.gzip.length ?? 0;
  expect(slice.bodies.length).toBeGreaterThan(5);
  for (const { gzip } of slice.bodies) expect(gzip.length).toBeLessThanOrEqual(own);
});

test("Q105: a body that is scanned and one that is parsed make the same slice", () => {
  const events = [
    testEvent("01KAG2X9YM0000000000000001"),
    {
      ...testEvent("b", "2026-03-01T09:00:00Z"),
      context: { library: { name: "analytics-swift" }, page: { a: ["\\"] } },
    },
    { ...testEvent("c"), type: "none" },
    { userId: "u", context: {}, originalTimestamp: "2026-02-01" },
  ];
  const fields = { receiptId: "r1", eventCount: 4, impliedType: "track", sentAtMs: 1, keyKind: "server" } as const;
  const [scanned, parsed] = ["", "\ufeff"].map((mark) => {
    const body = gzipSync(mark + JSON.stringify({ batch: events }));
    const opened = openMessage(encodeQueueMessage({ receipt: testReceipt(fields), body }));
    if (!opened.ok) throw new Error(opened.error);
    return { ...sliceOf(opened.value), bodies: [] };
  });
  expect(scanned?.segments.map(({ dataset }) => dataset)).toEqual(["events", "events", "rejected", "events"]);
  expect(scanned).toEqual(parsed);
});

test("Q25: a redelivery makes the same slice, and only a message's own facts decide", () => {
  expect(sliceOver(20, 100)).toEqual(sliceOver(20, 100));
});

test("Q25: calls are per project and bounded, and a message is in one of them", () => {
  const large = {
    ...sliceOver(1, 10),
    bodies: [{ form: "request", gzip: new Uint8Array(120_000), bytes: 1, events: 10 }],
  };
  const entries = ["a", "b"].flatMap((project) =>
    Array.from({ length: 150 }, (_, n) => {
      const slice = { ...large, receipt: { ...large.receipt, project } } as AppendSlice;
      return { message: `${project}${n}`, shard: 0, slice };
    }),
  );
  const plans = planAppends(entries);
  expect(plans.length).toBeGreaterThan(2);
  for (const { request, log } of plans) {
    expect(log).toBe(`${request.project}:0`);
    expect(request.slices.every(({ receipt }) => receipt.project === request.project)).toBe(true);
    expect(request.slices.reduce((sum, slice) => sum + sliceBytes(slice), 0)).toBeLessThanOrEqual(requestBytesMax);
  }
  expect(plans.flatMap(({ messages }) => messages.map(({ message }) => message))).toEqual(
    entries.map(({ message }) => message),
  );
});
