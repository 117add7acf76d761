import { expect, test } from "vitest";
import { testEvent, testReceipt } from "../../testing/harness.ts";
import { planAppends } from "./append-requests.ts";
import { chunksOf } from "./message-rows.ts";

function large(count: number, firstIndex = 0) {
  const events = Array.from({ length: count }, (_, i) => ({ ...testEvent(`m${i}`), filler: "x".repeat(30_000) }));
  return {
    receipt: testReceipt({ receiptId: "r1", eventCount: count, firstIndex }),
    events,
    bodyBytes: count * 30_000,
  };
}

test("Q25: a message too large for one call becomes several slices, the same ones each time", () => {
  const message = large(260, 100);
  const chunks = chunksOf(message);
  expect(chunks.length).toBeGreaterThan(1);
  expect(chunksOf(message)).toEqual(chunks);
  expect(chunks.flatMap((chunk) => chunk.rows.map((row) => row.id))).toEqual(message.events.map((_, i) => `m${i}`));
  let next = 100;
  for (const chunk of chunks) {
    expect(chunk.slice.firstIndex).toBe(next);
    next += chunk.rows.length;
  }
});

test("Q25: no call carries more than 8 million characters, and calls are per project", () => {
  const entries = ["a", "b"].flatMap((project) =>
    [1, 2].map((n) => ({ message: `${project}${n}`, project, shard: 0, chunks: chunksOf(large(260)) })),
  );
  const plans = planAppends(entries);
  for (const plan of plans) {
    const length = plan.request.rows.reduce((sum, row) => sum + row.row.length, 0);
    expect(length).toBeLessThanOrEqual(8_000_000);
    expect(plan.log).toBe(`${plan.request.project}:0`);
    for (const row of plan.request.rows) expect(plan.request.slices[row.slice]).toBeDefined();
  }
  expect(plans.reduce((sum, plan) => sum + plan.request.rows.length, 0)).toBe(4 * 260);
});
