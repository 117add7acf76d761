import fc from "fast-check";
import { expect, test } from "vitest";
import { clockCorrectionMs, type ClockReading, correctedTimeMs } from "./clock.ts";
import { clockOffsetMsMax, foreignClockStepMs } from "./limits.ts";

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
  fc.assert(
    fc.property(time, time, fc.integer({ min: -clockOffsetMsMax, max: clockOffsetMsMax }), (a, b, correction) => {
      const [first, second] = a <= b ? [a, b] : [b, a];
      const corrected = correctedTimeMs(first, correction, receivedAtMs);
      expect(corrected).toBeLessThanOrEqual(correctedTimeMs(second, correction, receivedAtMs));
      expect(corrected).toBeGreaterThanOrEqual(0);
      expect(corrected).toBeLessThanOrEqual(receivedAtMs);
    }),
  );
});
