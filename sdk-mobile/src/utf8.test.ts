import fc from "fast-check";
import { expect, test } from "vitest";
import { utf8 } from "./utf8.ts";

test("SM16: every text is encoded as TextEncoder encodes it", () => {
  for (const text of [
    "",
    "a",
    "\u007f\u0080\u07ff\u0800\uffff",
    "😀",
    "\ud800",
    "\udc00\ud83d\ude00\ud83d",
    "\ud83dx",
  ]) {
    expect(utf8(text)).toEqual(new TextEncoder().encode(text));
  }
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(utf8(text)).toEqual(new TextEncoder().encode(text));
    }),
  );
});
