import { gunzipSync, gzipSync } from "node:zlib";
import {
  decodeQueueMessage,
  type Json,
  queueMessageBytesMax,
  type QueueMessage,
  rejectedRawBytesMax,
  rulesVersion,
} from "@sluice/schema";
import { expect, test } from "vitest";
import { judgeEvents } from "./judge.ts";
import { MessageNumbers } from "./message-numbers.ts";
import { type JudgedRequest, packMessages, type SharedReceipt } from "./pack.ts";
import { gzip } from "./shell/gzip.ts";

const receipt: SharedReceipt = {
  receiptId: "01J00000000000000000000000",
  receivedAtMs: 1_700_000_000_000,
  project: "shop",
  source: "web",
  keyKind: "server",
  keySerial: 1,
  sentAtMs: null,
  clockOffsetMs: null,
  geo: { country: null, region: null, city: null },
  ip: null,
  userAgent: "x".repeat(512),
  impliedType: null,
  rulesVersion,
};

/** Text that gzip cannot shrink much, the same in every run. */
function noise(length: number, seed: number): string {
  let state = seed + 1;
  let text = "";
  while (text.length < length) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    text += state.toString(36);
  }
  return text.slice(0, length);
}

function requestOf(events: readonly Json[]): JudgedRequest {
  const body = new Uint8Array(gzipSync(JSON.stringify({ batch: events })));
  return { receipt, events, rejected: judgeEvents(events, null), body };
}

function pack(request: JudgedRequest): readonly QueueMessage[] {
  const numbers = new MessageNumbers(() => "isolate").forRequest(receipt);
  return packMessages(request, { gzip, ...numbers }).map(({ firstIndex, bytes }) => {
    expect(bytes.length).toBeLessThanOrEqual(queueMessageBytesMax);
    const decoded = decodeQueueMessage(bytes);
    if (!decoded.ok) throw new Error(decoded.error);
    expect(decoded.value.receipt.firstIndex).toBe(firstIndex);
    return decoded.value;
  });
}

const eventsOf = ({ body }: QueueMessage): readonly Json[] =>
  (JSON.parse(gunzipSync(body).toString()) as { readonly batch: readonly Json[] }).batch;

/** What must hold of every split: all events, once, in order, with the verdicts of the request. */
function expectWhole(messages: readonly QueueMessage[], request: JudgedRequest): void {
  let next = 0;
  for (const message of messages) {
    const { firstIndex, eventCount, rejected, sequence } = message.receipt;
    expect(firstIndex).toBe(next);
    expect(eventsOf(message)).toHaveLength(eventCount);
    expect(rejected.every(({ index }) => index >= firstIndex && index < firstIndex + eventCount)).toBe(true);
    expect(sequence).toBe(messages.indexOf(message) + 1);
    next += eventCount;
  }
  expect(next).toBe(request.events.length);
  expect(messages.flatMap((message) => message.receipt.rejected)).toEqual(request.rejected);
}

test("W13: a request that fits is one message with the client's own gzip, byte for byte", () => {
  const request = requestOf([{ type: "page", userId: "u" }, {}]);
  const [message, ...others] = pack(request);
  expect(others).toEqual([]);
  expect(message?.body).toEqual(request.body);
  expect(message?.receipt).toMatchObject({ firstIndex: 0, eventCount: 2, sequence: 1, rejected: [{ index: 1 }] });
});

test("W14: a request that does not fit is split in order, every event once, with its own indices", () => {
  const events = Array.from({ length: 500 }, (_, i): Json =>
    i % 50 === 7 ? { bad: i } : { type: "track", event: "E", userId: `u${i}`, properties: { text: noise(3000, i) } },
  );
  const request = requestOf(events);
  const messages = pack(request);
  expect(messages.length).toBeGreaterThan(5);
  expect(messages.length).toBeLessThan(30);
  expectWhole(messages, request);
  expect(messages.flatMap(eventsOf)).toEqual(events);
});

test("W14: many verdicts split a request too, though its body is small", () => {
  const request = requestOf(Array.from({ length: 10_000 }, (): Json => 0));
  expect(request.body.length).toBeLessThan(1000);
  expectWhole(pack(request), request);
});

test("W14: events of very different sizes fit after repeated halving", () => {
  const events = Array.from({ length: 64 }, (_, i): Json => {
    return { type: "page", userId: "u", properties: { text: noise(i >= 48 ? 30_000 : 10, i) } };
  });
  const request = requestOf(events);
  const messages = pack(request);
  expectWhole(messages, request);
  expect(messages.flatMap(eventsOf)).toEqual(events);
});

test("W15: in a split, an oversized rejected event is kept as the beginning of its JSON", () => {
  const good = { type: "page", userId: "u" };
  const huge = { type: "page", userId: "u", properties: { text: noise(900_000, 1), '\u0000"€': "€".repeat(100) } };
  const request = requestOf([good, huge, good, noise(200_000, 2), good]);
  const messages = pack(request);
  expectWhole(messages, request);
  const events = messages.flatMap(eventsOf);
  expect(events[0]).toEqual(good);
  expect(events[4]).toEqual(good);
  expect(events[1]).toBe(JSON.stringify(huge).slice(0, rejectedRawBytesMax));
  expect(request.rejected.map(({ index, reason }) => [index, reason])).toEqual([
    [1, "event_too_large"],
    [3, "not_an_object"],
  ]);
});

test("W15: a cut never goes through a character, and the worst of escaping fits", () => {
  for (const filler of ["€", "\u{1f600}", '"', "\\", "\u0001"]) {
    const raw = { pad: noise(400_000, 3), text: filler.repeat(50_000) };
    const swapped = { text: raw.text, pad: raw.pad };
    for (const [name, event] of Object.entries({ raw, swapped })) {
      const [message] = pack(requestOf([event]));
      const kept = message === undefined ? "" : eventsOf(message)[0];
      expect(typeof kept === "string" && JSON.stringify(event).startsWith(kept), `${name} ${filler}`).toBe(true);
      expect(String(kept).length).toBeGreaterThan(rejectedRawBytesMax / 4);
    }
  }
});

test("W25: a split keeps __proto__ and lone surrogates as they were sent", () => {
  const odd = JSON.parse('{"type":"page","userId":"u","properties":{"__proto__":{"a":1},"s":"\\ud800"}}') as Json;
  const filler = Array.from({ length: 60 }, (_, i): Json => {
    return { type: "page", userId: "u", properties: { text: noise(4000, i) } };
  });
  const messages = pack(requestOf([odd, ...filler]));
  expect(messages.length).toBeGreaterThan(1);
  const kept = messages.flatMap(eventsOf)[0];
  expect(JSON.stringify(kept)).toBe(JSON.stringify(odd));
  expect(JSON.stringify(kept)).toContain('"__proto__":{"a":1},"s":"\\ud800"');
});
