import { scanThresholdBytes } from "@sluice/schema";
import { expect, test } from "vitest";
import { inflateCeiling, parseBody } from "./body.ts";
import { callOf } from "./call.ts";

const parse = (text: string, name = "batch"): ReturnType<typeof parseBody> => {
  const call = callOf(name);
  if (call === null) throw new Error(`no call ${name}`);
  return parseBody(new TextEncoder().encode(text), call);
};
const isIngest = (text: string, name?: string): boolean => {
  const parsed = parse(text, name);
  return parsed.ok && parsed.value.isIngest;
};

test("W11: a batch call wants a batch, or a single event that says what it is", () => {
  expect(isIngest('{"batch":[{}]}')).toBe(true);
  expect(isIngest('{"batch":[]}')).toBe(true);
  expect(isIngest('{"type":"track"}')).toBe(true);
  for (const body of ["{}", '{"batch":{}}', '{"batch":null,"type":"track"}', "[]", "[1]", "null", '"x"']) {
    expect(isIngest(body), body).toBe(false);
  }
});

test("W11: a single call takes its body as the event, and a batch where there is one", () => {
  expect(isIngest("{}", "track")).toBe(true);
  expect(isIngest('{"batch":[{}]}', "track")).toBe(true);
  expect(isIngest('{"batch":[]}', "track")).toBe(true);
  expect(isIngest("[]", "track")).toBe(false);
});

test("W10: a large body is scanned before it is parsed, a small one is not", () => {
  const deep = (length: number): string => "[".repeat(length / 2) + "]".repeat(length / 2);
  expect(parse(deep(scanThresholdBytes + 2))).toEqual({ ok: false, error: "body_too_deep" });
  const commas = `{"batch":[${"0,".repeat(600_000)}0]}`;
  expect(parse(commas)).toEqual({ ok: false, error: "too_many_values" });
  expect(parse(deep(4_000)).ok).toBe(true);
});

test("W11: what is not JSON is refused without a word of it", () => {
  for (const text of ["", " ", "{", "undefined", '{"a":1}{"b":2}', "a@b.example"]) {
    expect(parse(text), text).toEqual({ ok: false, error: "invalid_json" });
  }
});

test("W43: a body may be inflated to 1 MB whatever its gzip is, and beyond that to 250 times of it", () => {
  expect(inflateCeiling(100, 1_000_000)).toBe(1_000_000);
  expect(inflateCeiling(100, 8_000_000)).toBe(1_000_000);
  expect(inflateCeiling(8_000, 8_000_000)).toBe(2_000_000);
  expect(inflateCeiling(400_000, 8_000_000)).toBe(8_000_000);
});
