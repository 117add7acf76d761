import fc from "fast-check";
import { expect, test } from "vitest";
import { cursorText, parseCursor } from "./part-cursor.ts";

const key = "events/project=shop/dt=2026-11-01/hour=00/part-00000-0000.parquet";

test("A47: a cursor survives being written, and any other text is none", () => {
  const cursor = { key, etag: "0123abcd", row: 2_000 };
  expect(parseCursor(cursorText(cursor))).toEqual(cursor);
  fc.assert(fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => parseCursor(text) === null));
  const values: unknown[] = [null, {}, [key, "e"], ["dead/x", "e", 0], [key, 1, 0], [key, "e", -1], [key, "e", 0.5]];
  for (const value of values) expect(parseCursor(btoa(JSON.stringify(value)))).toBeNull();
  expect(parseCursor("x".repeat(2_000))).toBeNull();
});
