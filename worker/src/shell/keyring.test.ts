import { expect, test } from "vitest";
import { writeKey, writeKeySecret } from "../../testing/write-keys.ts";
import { verifiedKeysMax } from "../limits.ts";
import { Keyring } from "./keyring.ts";

test("W6: a key signed with any of the secrets verifies, and says what it is", () => {
  const key = { project: "shop", source: "server", kind: "server", serial: 7 } as const;
  expect(new Keyring(writeKeySecret).verify(writeKey(key))).toEqual(key);
  expect(new Keyring(` old , ${writeKeySecret},`).verify(writeKey(key))).toEqual(key);
  expect(new Keyring(`${writeKeySecret},new,newer`).verify(writeKey(key))).toEqual(key);
  expect(new Keyring("new,old").verify(writeKey(key))).toBeNull();
});

test("W5: a forged, altered or malformed key does not verify, the first time nor later", () => {
  const keyring = new Keyring(writeKeySecret);
  const good = writeKey();
  const last = good.at(-1) === "A" ? "B" : "A";
  const forged = [
    writeKey({}, "another secret"),
    good.slice(0, -1) + last,
    good.replace(".p1.", ".s1."),
    good.replace("shop", "shoq"),
  ];
  for (const text of [...forged, "", "x", `${good}x`, "a".repeat(100_000), "__proto__", "constructor"]) {
    expect(keyring.verify(text), text.slice(0, 100)).toBeNull();
    expect(keyring.verify(text), text.slice(0, 100)).toBeNull();
  }
  expect(keyring.verify(good)).not.toBeNull();
});

test("W6: more keys than an isolate remembers all verify still", () => {
  const keyring = new Keyring(writeKeySecret);
  for (let round = 0; round < 2; round++) {
    for (let serial = 1; serial <= verifiedKeysMax + 10; serial++) {
      expect(keyring.verify(writeKey({ serial }))?.serial).toBe(serial);
    }
  }
});

test("W27: a keyring without any secret knows that it has none", () => {
  expect(new Keyring("").isConfigured).toBe(false);
  expect(new Keyring(" , ").isConfigured).toBe(false);
  expect(new Keyring("s").isConfigured).toBe(true);
});
