import { createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  base64Url,
  equalInConstantTime,
  formatWriteKey,
  isName,
  parseWriteKey,
  signatureMatches,
  type WriteKey,
  writeKeyPayload,
  writeKeySignedText,
} from "./write-key.ts";

const name = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,39}$/);
const writeKey: fc.Arbitrary<WriteKey> = fc.record({
  project: name,
  source: name,
  kind: fc.constantFrom("public", "server"),
  serial: fc.integer({ min: 1, max: 999_999_999 }),
});

function signed(key: WriteKey, secret: string): Uint8Array {
  return createHmac("sha256", secret)
    .update(writeKeySignedText(writeKeyPayload(key)))
    .digest();
}

test("V15: a key reads back as what it was made of, and its signature holds only for its secret", () => {
  fc.assert(
    fc.property(writeKey, (key) => {
      const text = formatWriteKey(key, signed(key, "secret"));
      const parsed = parseWriteKey(text);
      expect(parsed).toMatchObject({ ok: true, value: { key, payload: writeKeyPayload(key) } });
      if (!parsed.ok) return;
      expect(signatureMatches(parsed.value.signature, signed(key, "secret"))).toBe(true);
      expect(signatureMatches(parsed.value.signature, signed(key, "other"))).toBe(false);
      expect(signatureMatches(parsed.value.signature, signed({ ...key, serial: key.serial + 1 }, "secret"))).toBe(
        false,
      );
    }),
  );
});

test("V15: anything that is no key is refused", () => {
  const signature = "A".repeat(22);
  const others = [
    "",
    "WK",
    `shop.web.p1`,
    `shop.web.x1.${signature}`,
    `shop.web.p0.${signature}`,
    `shop.web.p01.${signature}`,
    `shop.web.p1.${signature}A`,
    `shop.web.p1.${signature.slice(1)}`,
    `Shop.web.p1.${signature}`,
    `-shop.web.p1.${signature}`,
    `shop.web.p1.${signature}\n`,
    ` shop.web.p1.${signature}`,
    `${"a".repeat(41)}.web.p1.${signature}`,
    "a".repeat(100_000),
  ];
  for (const text of others) expect(parseWriteKey(text)).toEqual({ ok: false, error: "malformed_write_key" });
  expect(parseWriteKey(`shop.web.p1.${signature}`).ok).toBe(true);
});

test("V15: names are 1 to 40 of a–z, 0–9 and -, not starting with -", () => {
  for (const text of ["a", "shop-2", "0", "a".repeat(40)]) expect(isName(text)).toBe(true);
  for (const text of ["", "-a", "A", "a.b", "a/b", "a b", "ä", "a".repeat(41), "a\n"]) expect(isName(text)).toBe(false);
});

test("V16: the comparison of secrets agrees with equality", () => {
  const text = fc.string({ unit: "binary", maxLength: 40 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(equalInConstantTime(a, a)).toBe(true);
      expect(equalInConstantTime(a, b)).toBe(a === b);
      expect(equalInConstantTime(a, `${a}x`)).toBe(false);
    }),
  );
  expect(equalInConstantTime("", "")).toBe(true);
  expect(equalInConstantTime("ab", "abab")).toBe(false);
});

test("V16: the comparison of secrets looks at every character, wherever they differ", () => {
  const secret = "0123456789abcdef";
  for (const at of [0, 7, 15]) {
    let reads = 0;
    const guess = new String(`${secret.slice(0, at)}?${secret.slice(at + 1)}`);
    const counted = new Proxy(guess, {
      get(target, property) {
        if (property === "charCodeAt") reads += 1;
        const value = Reflect.get(target, property, target) as unknown;
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
    expect(equalInConstantTime(counted as string, secret)).toBe(false);
    expect(reads).toBe(secret.length);
  }
});

test("V15: signatures are base64url as Node writes it", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      expect(base64Url(bytes)).toBe(Buffer.from(bytes).toString("base64url"));
    }),
  );
});
