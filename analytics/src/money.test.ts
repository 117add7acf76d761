import { formatDecimal } from "@sluice/lake";
import fc from "fast-check";
import { expect, test } from "vitest";
import { divideMicros, microsOf } from "./money.ts";

test("A24: sums of money are exact beyond eighteen digits and beyond doubles", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
      (micros) => microsOf(formatDecimal(micros)) === micros,
    ),
  );
  expect(microsOf("0.1")).toBe(100_000n);
  expect(microsOf("-12.34")).toBe(-12_340_000n);
  for (const text of ["", "1e3", "1.2345678", "--1", ".5", "1."]) expect(microsOf(text), text).toBeNull();
});

test("A24: a quotient of money is rounded half to even at the sixth digit", () => {
  expect(divideMicros(5n, 2)).toBe(2n);
  expect(divideMicros(7n, 2)).toBe(4n);
  expect(divideMicros(-5n, 2)).toBe(-2n);
  expect(divideMicros(10n, 3)).toBe(3n);
  expect(divideMicros(-11n, 3)).toBe(-4n);
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
      fc.integer({ min: 1, max: 10_000 }),
      (micros, count) => {
        const error = divideMicros(micros, count) * BigInt(count) - micros;
        expect((error < 0n ? -error : error) * 2n).toBeLessThanOrEqual(BigInt(count));
      },
    ),
  );
});
