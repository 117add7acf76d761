import { expect, test } from "vitest";
import { memoized } from "./memo.ts";

test("L11: what a user agent says is computed once while it is asked for, and memory stays bounded", () => {
  const computed: string[] = [];
  const facts = memoized(
    (text) => {
      computed.push(text);
      return { text };
    },
    { kept: 10, lengthMax: 20 },
  );
  for (let i = 0; i < 1000; i++) {
    expect(facts("often")).toEqual({ text: "often" });
    expect(facts(`once ${i}`).text).toBe(`once ${i}`);
  }
  expect(computed.filter((text) => text === "often")).toHaveLength(1);
  facts("once 999");
  expect(computed).toHaveLength(1001);
  facts("once 0"); // forgotten long ago
  expect(computed).toHaveLength(1002);
  for (let i = 0; i < 2; i++) expect(facts("x".repeat(21))).toEqual({ text: "x".repeat(20) });
  expect(computed).toHaveLength(1004); // long texts are not kept
});
