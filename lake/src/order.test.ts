import fc from "fast-check";
import { expect, test } from "vitest";
import { compareText } from "./order.ts";

test("L19: texts are ordered as their UTF-8 bytes", () => {
  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom("a", "\ue000", "\uffff", "😀", "\ud7ff"),
      fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
    ),
    maxLength: 5,
  });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareText(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    { numRuns: 2000 },
  );
});
