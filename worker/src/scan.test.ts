import { expect, test } from "vitest";
import { bodyDepthMax, bodyValuesMax } from "./limits.ts";
import { scanBody } from "./scan.ts";

const scan = (text: string): string => {
  const result = scanBody(new TextEncoder().encode(text));
  return result.ok ? "ok" : result.error;
};

test("W10: a body is refused beyond its depth limit and taken at it", () => {
  expect(scan("[".repeat(bodyDepthMax) + "]".repeat(bodyDepthMax))).toBe("ok");
  expect(scan("[".repeat(bodyDepthMax + 1))).toBe("body_too_deep");
  expect(scan('{"a":'.repeat(bodyDepthMax + 1))).toBe("body_too_deep");
  expect(scan("[]".repeat(bodyDepthMax + 1))).toBe("ok");
});

test("W10: a body is refused beyond its number of values, be they commas or brackets", () => {
  expect(scan(",".repeat(bodyValuesMax))).toBe("ok");
  expect(scan(",".repeat(bodyValuesMax + 1))).toBe("too_many_values");
  expect(scan("{}".repeat(bodyValuesMax + 1))).toBe("too_many_values");
  expect(scan(`[${"{},".repeat(bodyValuesMax / 2)}{}]`)).toBe("too_many_values");
});

test("W10: what stands inside strings is not counted, whatever is escaped in them", () => {
  const tail = "[".repeat(bodyDepthMax + 1);
  expect(scan(`"${tail}"`)).toBe("ok");
  expect(scan(`"\\"${tail}"`)).toBe("ok");
  expect(scan(`"\\\\"${tail}`)).toBe("body_too_deep");
  expect(scan(`"never closed ${tail}`)).toBe("ok");
  expect(scan('"ends in a backslash\\')).toBe("ok");
});
