import { gzipSync } from "node:zlib";
import { encodeQueueMessage, serverRequestBytesMax } from "@sluice/schema";
import { expect, test } from "vitest";
import { testEvent, testMessage, testReceipt } from "../../testing/harness.ts";
import { openMessage } from "./decode-message.ts";

const receipt = testReceipt({ receiptId: "r1" });

function failureOf(body: unknown): string {
  const opened = openMessage(body);
  return opened.ok ? "none" : opened.error;
}

test("Q11: each way a message can be unreadable has a reason", () => {
  const newer = testMessage([testEvent("a")], { receiptId: "r1" });
  newer[3] = 2;
  expect(failureOf("text")).toBe("not_bytes");
  expect(failureOf(new Uint8Array(3))).toBe("corrupt");
  expect(failureOf(newer)).toBe("newer_version");
  expect(failureOf(encodeQueueMessage({ receipt, body: new Uint8Array([1, 2, 3]) }))).toBe("corrupt_gzip");
  expect(failureOf(encodeQueueMessage({ receipt, body: gzipSync("{") }))).toBe("corrupt_json");
});

test("Q23: a body that unpacks to more than any request may have is refused while unpacking", () => {
  const bomb = gzipSync(Buffer.alloc(serverRequestBytesMax + 1, "["));
  expect(bomb.length).toBeLessThan(10_000);
  expect(failureOf(encodeQueueMessage({ receipt, body: bomb }))).toBe("corrupt_gzip");
});

test("Q24: a body with another number of events than its header is refused, but for missing rejects", () => {
  const events = [testEvent("a")];
  const rejected = [{ index: 1, reason: "event_too_large", field: "", message: "Too large." }] as const;
  expect(failureOf(testMessage(events, { receiptId: "r1", eventCount: 2 }))).toBe("event_count");
  expect(failureOf(testMessage([...events, ...events], { receiptId: "r1", eventCount: 1 }))).toBe("event_count");
  expect(failureOf(testMessage(events, { receiptId: "r1", eventCount: 2, rejected }))).toBe("none");
});

test("Q29: a body that the edge could read is read alike: with a byte order mark, and with bytes that are no UTF-8", () => {
  const receipt = testReceipt({ receiptId: "r1", eventCount: 1 });
  const event = Buffer.from('{"batch":[{"type":"track","event":"x?","userId":"u"}]}');
  event[event.indexOf("?")] = 0xff;
  const body = gzipSync(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), event]));
  const opened = openMessage(encodeQueueMessage({ receipt, body }));
  expect(opened.ok && opened.value.events).toEqual([{ type: "track", event: "x\ufffd", userId: "u" }]);
});
