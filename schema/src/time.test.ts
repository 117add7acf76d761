import fc from "fast-check";
import { expect, test } from "vitest";
import { hourMs, hourOf, parseTime } from "./time.ts";

test("V23: the forms that SDKs send are read, to the millisecond, a missing zone as UTC", () => {
  const expected = Date.UTC(2026, 10, 20, 7, 24, 43, 692);
  const forms = [
    "2026-11-20T07:24:43.692Z",
    "2026-11-20T07:24:43.692999Z",
    "2026-11-20T07:24:43.692123456Z",
    "2026-11-20T07:24:43.692",
    "2026-11-20 07:24:43.692",
    "2026-11-20T09:24:43.692+02:00",
    "2026-11-20T09:24:43.692+0200",
    "2026-11-19T22:54:43.692-08:30",
  ];
  for (const form of forms) expect(parseTime(form), form).toBe(expected);
  expect(parseTime("2026-11-20")).toBe(Date.UTC(2026, 10, 20));
  expect(parseTime("2026-11-20T07:24")).toBe(Date.UTC(2026, 10, 20, 7, 24));
  expect(parseTime("2024-02-29")).toBe(Date.UTC(2024, 1, 29));
});

test("V23: what is no time, or names a day that does not exist, is refused", () => {
  const others = [
    "",
    "yesterday",
    "1795159483692",
    "20/11/2026",
    "2026-13-01",
    "2026-02-30",
    "2025-02-29T00:00:00Z",
    "2026-04-31T10:00:00+02:00",
    "2026-11-20T25:00:00Z",
    "2026-11-20T07:24:43.692+99:00",
    "2026-11-20T07:24:43.6921234567Z",
    " 2026-11-20",
    "2026-11-20\n",
    "+002026-11-20T07:24:43.692Z",
    "2026-11-20T07:24:43.692Z".repeat(1000),
  ];
  for (const text of others) expect(parseTime(text), text.slice(0, 40)).toBeNull();
});

test("V23: every instant's ISO form reads back", () => {
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(0, 0, 1), max: Date.UTC(9999, 11, 31) }), (ms) => {
      expect(parseTime(new Date(ms).toISOString())).toBe(ms);
    }),
  );
});

test("V23: an hour holds its first millisecond and all up to the next hour", () => {
  expect(hourOf(0)).toBe(0);
  expect(hourOf(hourMs - 1)).toBe(0);
  expect(hourOf(hourMs)).toBe(hourMs);
  expect(hourOf(-1)).toBe(-hourMs);
});

test("V23: fractions are floored, lower-case letters are read, and what JavaScript would round up is refused", () => {
  expect(parseTime("2026-11-20t07:24:43.9z")).toBe(Date.UTC(2026, 10, 20, 7, 24, 43, 900));
  expect(parseTime("2026-11-20T07:24:43.99Z")).toBe(Date.UTC(2026, 10, 20, 7, 24, 43, 990));
  expect(parseTime("1969-12-31T23:59:59.999Z")).toBe(-1);
  for (const text of ["2026-11-20T24:00:00Z", "2026-11-20T07:60Z", "2026-11-20T07:24:60Z", "2026-11-20T07:24:43.Z"]) {
    expect(parseTime(text), text).toBeNull();
  }
  for (const text of [
    "2026-11-20T",
    "2026-11-20T07",
    "2026-11-20T07:24+0",
    "2026-11-20T07:24:43Zz",
    "2026-11-20X07:24",
  ]) {
    expect(parseTime(text), text).toBeNull();
  }
});

test("V23: what is read is what Date.parse reads, for any zone", () => {
  const part = (max: number): fc.Arbitrary<string> =>
    fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, "0"));
  const zone = fc.tuple(fc.constantFrom("+", "-"), part(23), part(59)).map(([sign, h, m]) => `${sign}${h}:${m}`);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), zone, (ms, text) => {
      const local = `${new Date(ms).toISOString().slice(0, -1)}${text}`;
      expect(parseTime(local)).toBe(Date.parse(local));
    }),
  );
});
