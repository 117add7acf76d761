import fc from "fast-check";
import { expect, test } from "vitest";
import { queueMessage } from "../testing/index.ts";
import { queueHeaderBytesMax, queueMessageBytesMax } from "./limits.ts";
import {
  decodeQueueMessage,
  encodeIfItFits,
  encodeQueueMessage,
  queueCodecVersion,
  type QueueMessage,
} from "./queue-codec.ts";
import type { Receipt } from "./receipt.ts";

const receipt: Receipt = {
  receiptId: "01JD000000000000000000000A",
  receivedAtMs: 1_795_159_483_692,
  isolateId: "isolate",
  sequence: 7,
  project: "shop",
  source: "web",
  keyKind: "public",
  keySerial: 1,
  sentAtMs: null,
  clockOffsetMs: -1200,
  geo: { country: "DE", region: "BE", city: "Berlin" },
  ip: "192.0.2.0",
  userAgent: "Mozilla/5.0",
  impliedType: null,
  firstIndex: 0,
  eventCount: 2,
  rejected: [{ index: 1, reason: "unknown_type", field: "type", message: "No." }],
  rulesVersion: 1,
};

test("V17: a queue message decodes to the receipt and body it was made of", () => {
  fc.assert(
    fc.property(queueMessage(), fc.nat({ max: 9 }), (message, offset) => {
      const encoded = encodeQueueMessage(message);
      const shifted = new Uint8Array(offset + encoded.length); // a view that does not start at its buffer's start
      shifted.set(encoded, offset);
      const decoded = decodeQueueMessage(shifted.subarray(offset));
      expect(decoded).toMatchObject({ ok: true, value: wellFormed(message) });
      expect(JSON.parse(new TextDecoder().decode(decoded.ok ? decoded.value.header : undefined))).toEqual(
        wellFormed(message).receipt,
      );
    }),
    { numRuns: 300 },
  );
});

/** The header is UTF-8: lone surrogates, which JSON escapes, survive; nothing else differs. −0 is written as 0. */
function wellFormed({ receipt: header, body }: QueueMessage): QueueMessage {
  return { receipt: JSON.parse(JSON.stringify(header)) as Receipt, body };
}

test("V18: whatever happens to a message, decoding answers and never throws", () => {
  const whole = encodeQueueMessage({ receipt, body: new Uint8Array([1, 2, 3]) });
  fc.assert(
    fc.property(
      fc.nat({ max: whole.length - 1 }),
      fc.nat({ max: 255 }),
      fc.nat({ max: whole.length }),
      (at, byte, length) => {
        const damaged = whole.slice();
        damaged[at] = byte;
        const result = decodeQueueMessage(damaged.subarray(0, length));
        if (!result.ok) expect(["corrupt", "newer_version"]).toContain(result.error);
      },
    ),
    { numRuns: 1000 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(decodeQueueMessage(bytes).ok).toBe(false);
    }),
  );
});

test("V18: a message cut within its header, of another magic or of version 0 is corrupt", () => {
  const whole = encodeQueueMessage({ receipt, body: new Uint8Array() });
  for (let length = 0; length < whole.length; length++) {
    expect(decodeQueueMessage(whole.subarray(0, length))).toEqual({ ok: false, error: "corrupt" });
  }
  for (const at of [0, 1, 2]) {
    const damaged = whole.slice();
    damaged[at] = 0;
    expect(decodeQueueMessage(damaged)).toEqual({ ok: false, error: "corrupt" });
  }
  const versionZero = whole.slice();
  versionZero[3] = 0;
  expect(decodeQueueMessage(versionZero)).toEqual({ ok: false, error: "corrupt" });
});

test("V19: a message of a newer version is told apart from a corrupt one", () => {
  const newer = encodeQueueMessage({ receipt, body: new Uint8Array() });
  newer[3] = queueCodecVersion + 1;
  expect(decodeQueueMessage(newer)).toEqual({ ok: false, error: "newer_version" });
});

test("V17: a header over its limit is not encoded", () => {
  const large = { ...receipt, userAgent: "x".repeat(queueHeaderBytesMax) };
  expect(() => encodeQueueMessage({ receipt: large, body: new Uint8Array() })).toThrow(/queue header/);
});

test("W14: a message fits up to the last byte of its limit, and of its header's", () => {
  const free = queueMessageBytesMax - encodeQueueMessage({ receipt, body: new Uint8Array() }).length;
  const full = { receipt, body: new Uint8Array(free) };
  expect(encodeIfItFits(full)).toEqual(encodeQueueMessage(full));
  expect(encodeIfItFits({ receipt, body: new Uint8Array(free + 1) })).toBeNull();
  const header = (spare: number): Receipt => {
    const bytes = JSON.stringify({ ...receipt, userAgent: "" }).length;
    return { ...receipt, userAgent: "x".repeat(queueHeaderBytesMax - bytes - spare) };
  };
  expect(encodeIfItFits({ receipt: header(0), body: new Uint8Array(1) })).not.toBeNull();
  expect(encodeIfItFits({ receipt: header(-1), body: new Uint8Array(1) })).toBeNull();
});
