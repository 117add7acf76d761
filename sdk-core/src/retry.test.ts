import fc from "fast-check";
import { expect, test } from "vitest";
import { isRetried, parseRetryAfter, retryDelayMs } from "./retry.ts";

test("S8: the back-off is a uniform share of a ceiling that doubles from 1 s to 60 s", () => {
  expect([1, 2, 3, 6, 7, 8, 40].map((failures) => retryDelayMs(failures, null, 0.999999))).toEqual([
    1000, 2000, 4000, 32000, 60000, 60000, 60000,
  ]);
  expect(retryDelayMs(5, null, 0)).toBe(0);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (failures, uniform) => {
        const delayMs = retryDelayMs(failures, null, uniform);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(60_000);
      },
    ),
  );
});

test("S7: after a Retry-After the wait is at least that long and at most one second longer", () => {
  expect(retryDelayMs(9, 4000, 0)).toBe(4000);
  expect(retryDelayMs(9, 4000, 0.999)).toBe(4999);
  expect(parseRetryAfter("4")).toBe(4000);
  expect(parseRetryAfter("0")).toBe(0);
  expect(parseRetryAfter("86400")).toBe(300_000);
  for (const bad of [null, undefined, "", "soon", "-3", "Wed, 21 Oct 2026 07:28:00 GMT"]) {
    expect(parseRetryAfter(bad)).toBeNull();
  }
});

test("S9: no answer, foreign answers, 408, 410, 429, 460 and 5xx but 501, 505, 511 are retried", () => {
  for (const status of [0, 204, 302, 408, 410, 429, 460, 500, 502, 503, 504, 520, 599]) {
    expect(isRetried(status), String(status)).toBe(true);
  }
  for (const status of [400, 401, 403, 404, 405, 413, 415, 422, 431, 501, 505, 511]) {
    expect(isRetried(status), String(status)).toBe(false);
  }
});
