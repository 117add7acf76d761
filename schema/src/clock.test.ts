import fc from "fast-check";
import { expect, test } from "vitest";
import { clockCorrectionMs, type ClockReading, correctedTimeMs } from "./clock.ts";
import { clockOffsetMsMax, foreignClockStepMs, futureEventMsMax } from "./limits.ts";

const receivedAtMs = Date.UTC(2026, 10, 20);
const reading: ClockReading = { receivedAtMs, sentAtMs: null, clockOffsetMs: null };
const minute = 60_000;

test("V20: a batch that states its clock offset is corrected by exactly that", () => {
  expect(clockCorrectionMs({ ...reading, clockOffsetMs: 7 }, "sluice-web")).toBe(7);
  expect(clockCorrectionMs({ ...reading, clockOffsetMs: -3_600_001, sentAtMs: receivedAtMs }, null)).toBe(-3_600_001);
  expect(clockCorrectionMs({ ...reading, clockOffsetMs: clockOffsetMsMax + 1 }, null)).toBe(0);
});

test("V21: a foreign clock is corrected in steps of 15 minutes, and only beyond 15 minutes", () => {
  const correction = (skewMs: number, sdk: string | null = "analytics.js"): number =>
    clockCorrectionMs({ ...reading, sentAtMs: receivedAtMs - skewMs }, sdk);
  expect(correction(0)).toBe(0);
  expect(correction(15 * minute)).toBe(0);
  expect(correction(-15 * minute)).toBe(0);
  expect(correction(16 * minute)).toBe(15 * minute);
  expect(correction(-16 * minute)).toBe(-15 * minute);
  expect(correction(60 * minute + 1234)).toBe(60 * minute);
  expect(correction(clockOffsetMsMax + 1)).toBe(0);
  expect(clockCorrectionMs(reading, "analytics.js")).toBe(0);
  for (const skew of [20 * minute, 90 * minute]) expect(correction(skew) % foreignClockStepMs).toBe(0);
});

test("V21: Swift's and Kotlin's sentAt is no clock reading", () => {
  for (const sdk of ["analytics-swift", "analytics-kotlin"]) {
    expect(clockCorrectionMs({ ...reading, sentAtMs: receivedAtMs - 5 * 60 * minute }, sdk)).toBe(0);
  }
});

test("V22: correcting a batch never puts two of its events in the opposite order", () => {
  const time = fc.integer({ min: -1e13, max: 1e14 });
  const clocks = fc.record({
    receivedAtMs: fc.constant(receivedAtMs),
    sentAtMs: fc.oneof(time, fc.constant(null)),
    clockOffsetMs: fc.oneof(fc.integer({ min: -clockOffsetMsMax, max: clockOffsetMsMax }), fc.constant(null)),
  });
  fc.assert(
    fc.property(time, time, clocks, fc.constantFrom(null, "@sluice/web", "analytics.js"), (a, b, clock, sdk) => {
      const [first, second] = a <= b ? [a, b] : [b, a];
      const corrected = correctedTimeMs(first, clock, sdk);
      expect(corrected).toBeLessThanOrEqual(correctedTimeMs(second, clock, sdk));
      expect(corrected).toBeGreaterThanOrEqual(0);
      expect(corrected).toBeLessThanOrEqual(receivedAtMs + futureEventMsMax);
    }),
  );
});

test("V22: a clock that is ahead by less than a step keeps its order, whatever the delays; one that is far ahead is cut off", () => {
  const ahead = receivedAtMs + 14 * minute;
  expect(correctedTimeMs(ahead, reading, "analytics.js")).toBe(ahead);
  expect(correctedTimeMs(ahead, { ...reading, clockOffsetMs: 0 }, "@sluice/web")).toBe(ahead);
  expect(correctedTimeMs(receivedAtMs + 60 * minute, reading, null)).toBe(receivedAtMs + futureEventMsMax);
  expect(correctedTimeMs(5, { ...reading, clockOffsetMs: -10 }, null)).toBe(0);
});

test("V22: before our SDK knows its offset, the only batch under way is cut off at its receipt", () => {
  expect(correctedTimeMs(receivedAtMs + 14 * minute, reading, "@sluice/node")).toBe(receivedAtMs);
});
