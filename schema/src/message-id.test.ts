import fc from "fast-check";
import { decodeTime, ulid } from "ulid";
import { expect, test } from "vitest";
import { birthOfMessageId, serverMessageId } from "./message-id.ts";

test("V14: a ULID's birth is the one that the ulid package reads", () => {
  fc.assert(
    // From 1: the package takes a seed time of 0 for "now".
    fc.property(fc.integer({ min: 1, max: 2 ** 48 - 1 }), (ms) => {
      const id = ulid(ms);
      expect(birthOfMessageId(id)).toBe(ms);
      expect(birthOfMessageId(id)).toBe(decodeTime(id));
    }),
  );
});

test("V14: Segment's ids and UUIDv7 state their birth too", () => {
  const ms = 1_795_159_483_692;
  const hex = ms.toString(16).padStart(12, "0");
  const uuid7 = `${hex.slice(0, 8)}-${hex.slice(8)}-7abc-8def-0123456789ab`;
  expect(birthOfMessageId(`ajs-next-${ms}-a8b091ae-099b-4122-bb27-496d4b409a77`)).toBe(ms);
  expect(birthOfMessageId(`node-next-${ms}-6979fd01-6362-43f9-b142-8e591d10cbc7`)).toBe(ms);
  expect(birthOfMessageId(uuid7)).toBe(ms);
  expect(birthOfMessageId(uuid7.toUpperCase())).toBe(ms);
});

test("V14: any other id states none", () => {
  const others = [
    "",
    "order-123",
    "a951be2f-2269-44e3-b897-3127373ce3c5",
    "ajs-next-123-x",
    "xajs-next-1795159483692-x",
    "81JD000000000000000000000A",
    "01JD00000000000000000000IA",
    serverMessageId("01JD000000000000000000000A", 3),
  ];
  for (const id of others) expect(birthOfMessageId(id)).toBeNull();
});

test("V14: the id of an event without one names its receipt and its place in it", () => {
  expect(serverMessageId("01JD000000000000000000000A", 3)).toBe("01JD000000000000000000000A-3");
});
