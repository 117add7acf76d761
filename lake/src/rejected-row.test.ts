import { type Json, type JsonObject, judgeEvent, type RejectedEvent, rejectedRawBytesMax } from "@sluice/schema";
import fc from "fast-check";
import { expect, test } from "vitest";
import { anyJson, receiptOf, receivedAtMs } from "../testing/fixtures.ts";
import { rejectedColumns } from "./columns.ts";
import { rejectedRowOf } from "./rejected-row.ts";

const rejected: RejectedEvent = { index: 7, reason: "unknown_type", field: "type", message: "type must be track." };

function bytesOf(text: string | null): number {
  return new TextEncoder().encode(text ?? "").length;
}

test("L17: a rejected event is kept with its reason, its sender and its raw JSON", () => {
  const raw = { type: "purchase", messageId: "m", context: { library: { name: "sdk" } } };
  const row = rejectedRowOf(raw, receiptOf(), rejected);
  expect(row).toEqual({
    receipt_id: receiptOf().receiptId,
    receipt_index: 7,
    message_id: "m",
    received_time: receivedAtMs,
    source: "web",
    key_kind: "public",
    reason: "unknown_type",
    field: "type",
    message: "type must be track.",
    raw: JSON.stringify(raw),
    redrivable: true,
    sdk_name: "sdk",
    ip: "192.0.2.0",
    user_agent: receiptOf().userAgent,
    country: "DE",
    receipt: JSON.stringify({
      keySerial: 1,
      sentAtMs: null,
      clockOffsetMs: null,
      impliedType: null,
      geo: { country: "DE", region: "BE", city: "Berlin" },
    }),
  });
  expect(Object.keys(row)).toEqual(rejectedColumns.map((column) => column.name));
});

test("L17: whatever JSON was rejected, it is kept whole where it fits and can be driven again", () => {
  fc.assert(
    fc.property(anyJson, (value) => {
      const raw = JSON.parse(JSON.stringify(value)) as Json;
      const row = rejectedRowOf(raw, receiptOf(), rejected);
      expect(row.redrivable).toBe(true);
      const text = JSON.stringify(raw);
      if (text.includes("\\ud")) expect(row.raw).not.toMatch(/\p{Surrogate}/u);
      else expect(row.raw).toBe(text);
    }),
  );
});

test("L17: an event over 32 KiB is cut at a character, and is not redrivable", () => {
  for (const character of ["x", "é", "😀", '"', "\u0001"]) {
    const text = character.repeat(rejectedRawBytesMax);
    for (const raw of [text, { text }, { [text]: 1 }, [text, text], { context: { library: { name: text } } }]) {
      const row = rejectedRowOf(raw, receiptOf(), rejected);
      expect(row.redrivable).toBe(false);
      expect(bytesOf(row.raw)).toBeLessThanOrEqual(rejectedRawBytesMax);
      expect(bytesOf(row.raw)).toBeGreaterThan(rejectedRawBytesMax - 8);
      expect(row.raw).not.toContain("\ufffd");
      expect(bytesOf(row.sdk_name)).toBeLessThanOrEqual(100);
    }
  }
  const fitting = { text: "x".repeat(rejectedRawBytesMax - 11) };
  expect(rejectedRowOf(fitting, receiptOf(), rejected)).toMatchObject({
    redrivable: true,
    raw: JSON.stringify(fitting),
  });
});

test("L17: an event nested 100,000 levels deep is kept like any other", () => {
  const deep = JSON.parse("[".repeat(100_000) + "]".repeat(100_000)) as Json;
  expect(rejectedRowOf(deep, receiptOf(), rejected)).toMatchObject({
    redrivable: false,
    raw: "[".repeat(rejectedRawBytesMax),
  });
  const shallow = JSON.parse('{"a":'.repeat(5000) + "{}" + "}".repeat(5000)) as JsonObject;
  expect(judgeEvent(shallow).ok).toBe(false);
  expect(rejectedRowOf(shallow, receiptOf(), rejected).redrivable).toBe(true);
});

test("L17: an event that the body does not hold, or that is none, leaves nulls", () => {
  expect(rejectedRowOf(undefined, receiptOf(), rejected)).toMatchObject({
    raw: null,
    redrivable: false,
    message_id: null,
  });
  expect(rejectedRowOf(null, receiptOf(), rejected)).toMatchObject({ raw: "null", redrivable: true, sdk_name: null });
  expect(rejectedRowOf({ messageId: "m".repeat(101) }, receiptOf(), rejected).message_id).toBeNull();
});
