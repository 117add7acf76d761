import fc from "fast-check";
import { expect, test } from "vitest";
import { createBatch, envelopeBytesMax, planBatch, type QueuedEvent, requestBody, splitBatch } from "./batch.ts";

function queueOf(sizes: readonly number[]): QueuedEvent[] {
  return sizes.map((bytes, i) => {
    return { messageId: String(i), json: "x".repeat(bytes), bytes, stampMs: i, result: null };
  });
}

test("S3: a batch is due when it is full by count, full by bytes, or when its first event is due", () => {
  const limits = { events: 3, bytes: 1000 };
  expect(planBatch(queueOf([10, 10]), limits, 0)).toBe(0);
  expect(planBatch(queueOf([10, 10]), limits, 1)).toBe(2);
  expect(planBatch(queueOf([10, 10, 10]), limits, 0)).toBe(3);
  expect(planBatch(queueOf([10, 10, 10, 10]), limits, 0)).toBe(3);
  expect(planBatch(queueOf([400, 400]), limits, 0)).toBe(1);
  expect(planBatch(queueOf([5000]), limits, 0)).toBe(1);
  expect(planBatch([], limits, 5)).toBe(0);
});

test("S3: a batch never passes its limits, unless one event alone does", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 50 }), fc.nat(60), (sizes, due) => {
      const queue = queueOf(sizes);
      const count = planBatch(queue, { events: 10, bytes: 2000 }, due);
      const bytes = queue.slice(0, count).reduce((sum, event) => sum + event.bytes + 1, envelopeBytesMax);
      expect(count).toBeLessThanOrEqual(10);
      if (count > 1) expect(bytes).toBeLessThanOrEqual(2000);
      if (due > 0 && queue.length > 0) expect(count).toBeGreaterThan(0);
    }),
  );
});

test("S3: the body holds key, events, time of sending, and the offset once it is known", () => {
  const [event] = queueOf([1]);
  const batch = createBatch([{ ...event, json: '{"a":1}' } as QueuedEvent]);
  expect(JSON.parse(requestBody(batch, 'k"', 0))).toEqual({
    writeKey: 'k"',
    batch: [{ a: 1 }],
    sentAt: "1970-01-01T00:00:00.000Z",
  });
  expect(JSON.parse(requestBody({ ...batch, offsetMs: -5 }, "k", 0))).toMatchObject({ clockOffsetMs: -5 });
});

test("S6: the halves of a split batch hold all its events in order and keep its offset", () => {
  const batch = createBatch(queueOf([1, 1, 1, 1, 1]), 77);
  const halves = splitBatch(batch);
  expect(halves.flatMap((half) => half.events)).toEqual(batch.events);
  expect(halves.map((half) => [half.events.length, half.offsetMs, half.flying, half.lastStampMs])).toEqual([
    [2, 77, false, 1],
    [3, 77, false, 4],
  ]);
});
