import { expect, test } from "vitest";
import { basicWriteKey } from "./write-key-place.ts";

test("W4: the key is read from Basic authorization, with or without a colon", () => {
  expect(basicWriteKey(`Basic ${btoa("key:")}`)).toBe("key");
  expect(basicWriteKey(`Basic ${btoa("key")}`)).toBe("key");
  expect(basicWriteKey(`basic  ${btoa("key:password")} `)).toBe("key");
});

test("W4: a header that holds no key leaves the question to body and query", () => {
  const without = [
    null,
    "",
    "Basic",
    "Basic :",
    `Basic ${btoa(":")}`,
    `Bearer ${btoa("key:")}`,
    "Basic %%%",
    "Basic a",
  ];
  for (const header of without) expect(basicWriteKey(header), String(header)).toBeNull();
  expect(basicWriteKey(`Basic ${btoa("k".repeat(2000))}`)).toBeNull();
});
