import { expect, test } from "vitest";
import { writeKeyCandidates } from "./large-body-key.ts";
import { writeKeyCandidatesMax } from "./limits.ts";

test("W42: candidates are the strings after writeKey, from both ends, whatever white space stands around the colon", () => {
  expect(writeKeyCandidates('{"writeKey":"A","batch":[]}')).toEqual(["A"]);
  expect(writeKeyCandidates('{"batch":[], "writeKey" \n:\t "A"}')).toEqual(["A"]);
  expect(writeKeyCandidates('{"writeKey":"A","x":{"writeKey":"B"},"y":{"writeKey":"C"}}')).toEqual(["A", "C", "B"]);
});

test("W42: a body of nothing but names of keys costs a few looks", () => {
  const many = Array.from({ length: 200_000 }, (_, i) => `"writeKey":"K${i}"`).join(",");
  const candidates = writeKeyCandidates(many);
  expect(candidates).toHaveLength(writeKeyCandidatesMax);
  expect(candidates).toEqual(["K0", "K199999", "K1", "K199998"]);
});

test("W42: what is no string, or far too long, is no candidate", () => {
  for (const body of [
    "",
    '"writeKey"',
    '"writeKey":',
    '"writeKey":7',
    '"writeKey":""',
    `"writeKey":"${"a".repeat(201)}"`,
  ]) {
    expect(writeKeyCandidates(body), body.slice(0, 30)).toEqual([]);
  }
  expect(writeKeyCandidates(`"writeKey"${" ".repeat(1000)}:"A"`)).toEqual([]);
});
