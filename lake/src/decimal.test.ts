import fc from "fast-check";
import { expect, test } from "vitest";
import { formatDecimal, parseDecimal, scaledOf } from "./decimal.ts";

test("L12: a decimal keeps up to six fraction digits exactly", () => {
  const exact = [
    ["14.99", "14.990000"],
    ["0", "0.000000"],
    ["-0", "0.000000"],
    ["-0.000001", "-0.000001"],
    ["007", "7.000000"],
    ["1e3", "1000.000000"],
    ["1.5E-3", "0.001500"],
    ["999999999999.999999", "999999999999.999999"],
    ["-999999999999.999999", "-999999999999.999999"],
  ] as const;
  for (const [text, decimal] of exact) expect(parseDecimal(text), text).toBe(decimal);
});

test("L12: further digits are rounded half to even", () => {
  const rounded = [
    ["0.0000005", "0.000000"],
    ["0.0000015", "0.000002"],
    ["0.0000025", "0.000002"],
    ["0.00000250000001", "0.000003"],
    ["-0.0000015", "-0.000002"],
    ["-0.0000001", "0.000000"],
    ["0.30000000000000004", "0.300000"],
    ["1e-999", "0.000000"],
  ] as const;
  for (const [text, decimal] of rounded) expect(parseDecimal(text), text).toBe(decimal);
});

test("L12: what is no number, or too large, is no decimal", () => {
  const others = ["", " ", "1,5", "$5", "1.", ".5", "+1", "0x10", "NaN", "Infinity", "1e", "--1", "1 ", "1\n"];
  for (const text of others) expect(parseDecimal(text), text).toBeNull();
  for (const text of ["1e12", "-1e12", "999999999999.9999995", "1e999", "9".repeat(200)]) {
    expect(parseDecimal(text), text).toBeNull();
  }
});

test("L12: every count of millionths survives its text", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n - 10n ** 18n, max: 10n ** 18n - 1n }), (scaled) => {
      const text = formatDecimal(scaled);
      expect(scaledOf(text)).toBe(scaled);
      expect(parseDecimal(text)).toBe(text);
    }),
  );
  for (const text of ["1e3", "", "1.1234567", "x", "1234567890123"]) {
    expect(() => scaledOf(text)).toThrow(/not a decimal/);
  }
});

test("L12: a number is read as the decimal it is written as", () => {
  fc.assert(
    fc.property(fc.integer({ min: -99_999_999, max: 99_999_999 }), fc.nat({ max: 6 }), (integer, digits) => {
      const written = (integer / 10 ** digits).toFixed(digits);
      expect(parseDecimal(String(Number(written)))).toBe(parseDecimal(written));
    }),
  );
});
