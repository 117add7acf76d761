import { expect, test } from "vitest";
import { sipHash, sipHashBytes } from "./sip-hash.ts";

/** Hash of the bytes 0, 1, … under the key 0, 1, …, 15, as the reference implementation's table and OpenSSL have it. */
const vectors = [
  [0, "a3817f04ba25a8e66df67214c7550293"],
  [1, "da87c1d86b99af44347659119b22fc45"],
  [7, "a1f1ebbed8dbc153c0b84aa61ff08239"],
  [8, "3b62a9ba6258f5610f83e264f31497b4"],
  [15, "5493e99933b0a8117e08ec0f97cfc3d9"],
  [16, "6ee2a4ca67b054bbfd3315bf85230577"],
  [63, "5150d1772f50834a503e069a973fbd7c"],
] as const;

test.each(vectors)("Q55: SipHash-2-4-128 of %i bytes is that of its reference", (length, hex) => {
  const key = Uint32Array.of(0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c);
  // Bytes behind the text must not count, nor may bytes beside the hash be touched.
  const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
  const out = new Uint8Array(sipHashBytes + 2).fill(7);
  sipHash(key, bytes, 0, length, out, 1);
  expect(Buffer.from(out).toString("hex")).toBe(`07${hex}07`);
  bytes.copyWithin(3, 0, length);
  sipHash(key, bytes, 3, 3 + length, out, 1);
  expect(Buffer.from(out).toString("hex")).toBe(`07${hex}07`);
});
