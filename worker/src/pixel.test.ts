import fc from "fast-check";
import { expect, test } from "vitest";
import { goodEvent } from "../../schema/testing/index.ts";
import { pixelDataLengthMax } from "./limits.ts";
import { pixelGif, rudderPixelBody, segmentPixelBody } from "./pixel.ts";

const textOf = (body: ReturnType<typeof segmentPixelBody>): string =>
  body.ok ? new TextDecoder().decode(body.value) : body.error;
const rudder = (query: string): unknown =>
  JSON.parse(new TextDecoder().decode(rudderPixelBody(new URLSearchParams(query))));

test("W31: the data of Segment's pixel is its JSON, in either alphabet of base64, padded or not", () => {
  fc.assert(
    fc.property(goodEvent(), (event) => {
      const json = JSON.stringify(event);
      const base64 = Buffer.from(json).toString("base64");
      for (const data of [
        base64,
        base64.replaceAll("=", ""),
        base64.replaceAll("+", " "),
        Buffer.from(json).toString("base64url"),
      ]) {
        expect(textOf(segmentPixelBody(data))).toBe(Buffer.from(json).toString());
      }
    }),
  );
});

test("W31: data that is missing, no base64 or too long is told apart", () => {
  expect(segmentPixelBody(null)).toEqual({ ok: false, error: "empty_body" });
  expect(segmentPixelBody("")).toEqual({ ok: false, error: "empty_body" });
  expect(segmentPixelBody("%%%")).toEqual({ ok: false, error: "invalid_json" });
  expect(segmentPixelBody("A".repeat(pixelDataLengthMax + 1))).toEqual({ ok: false, error: "request_too_large" });
});

test("W32: the parameters of Rudder's pixel are the event's fields, dots are levels, the write key is none of them", () => {
  expect(
    rudder("writeKey=K&userId=u&event=E&properties.a.b=1&properties.a.c=2&context.page.url=https://a.example"),
  ).toEqual({
    userId: "u",
    event: "E",
    properties: { a: { b: "1", c: "2" } },
    context: { page: { url: "https://a.example" } },
  });
  expect(rudder("userId=first&userId=second")).toEqual({ userId: "first" });
  expect(rudder("a=text&a.b=1")).toEqual({ a: { b: "1" } });
  expect(rudder("a.b=1&a=text")).toEqual({ a: { b: "1" } });
});

test("W32: prototypes are names like others in a pixel, and a name of too many levels is one name", () => {
  const event = JSON.stringify(rudder("__proto__.polluted=1&constructor.prototype.polluted=1&userId=u"));
  expect(event).toBe('{"__proto__":{"polluted":"1"},"constructor":{"prototype":{"polluted":"1"}},"userId":"u"}');
  expect(Reflect.get({}, "polluted")).toBeUndefined();
  const deep = Array.from({ length: 5000 }, () => "a").join(".");
  expect(rudder(`${deep}=1`)).toEqual({ [deep]: "1" });
});

test("W31: the image is a whole GIF of 1×1", () => {
  expect(new TextDecoder().decode(pixelGif.subarray(0, 6))).toBe("GIF89a");
  expect([...pixelGif.subarray(6, 10)]).toEqual([1, 0, 1, 0]);
  expect(pixelGif.at(-1)).toBe(0x3b);
  expect(pixelGif).toHaveLength(43);
});
