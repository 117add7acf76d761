import fc from "fast-check";
import { expect, test } from "vitest";
import { buildEvent, utf8Bytes } from "./event.ts";

const defaults = { messageId: "made", nowMs: 1_700_000_000_000, library: { name: "l", version: "2" } };

test("S2: an event carries type, id, time and library; what the caller gave wins", () => {
  const call = { event: "A", userId: "u", context: { page: { url: "x" }, library: { name: "not mine" } } };
  const built = buildEvent("track", call as never, defaults);
  expect(JSON.parse(built.json)).toEqual({
    event: "A",
    userId: "u",
    type: "track",
    messageId: "made",
    timestamp: "2023-11-14T22:13:20.000Z",
    context: { page: { url: "x" }, library: { name: "l", version: "2" } },
  });
  expect(built).toMatchObject({ messageId: "made", stampMs: 1_700_000_000_000 });

  const given = buildEvent("page", { messageId: "mine", timestamp: new Date(0) }, defaults);
  expect(JSON.parse(given.json)).toMatchObject({ messageId: "mine", timestamp: "1970-01-01T00:00:00.000Z" });
  expect(given).toMatchObject({ messageId: "mine", stampMs: null });
  expect(buildEvent("page", { timestamp: "2024-01-02" }, defaults).json).toContain('"2024-01-02"');
});

test("S2: an event is what it was at the call, whatever happens to the caller's objects", () => {
  const properties = { size: 1 };
  const built = buildEvent("track", { event: "A", properties } as never, defaults);
  properties.size = 2;
  expect(JSON.parse(built.json)).toMatchObject({ properties: { size: 1 } });
});

test("S2: bytes are counted as UTF-8", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const json = JSON.stringify(text);
      expect(utf8Bytes(json)).toBe(Buffer.byteLength(json));
    }),
  );
  expect(utf8Bytes(JSON.stringify("a\ud800"))).toBe(Buffer.byteLength(JSON.stringify("a\ud800")));
});
