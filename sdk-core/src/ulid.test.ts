import { birthOfMessageId } from "@sluice/schema";
import fc from "fast-check";
import { decodeTime, incrementBase32, isValid } from "ulid";
import { describe, expect, test } from "vitest";
import { seededBytes } from "../testing/device.ts";
import { createUlid } from "./ulid.ts";

describe("message ids", () => {
  test("S1: ids are valid ULIDs that carry the time of the call", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), fc.integer(), (nowMs, seed) => {
        const id = createUlid(seededBytes(seed))(nowMs);
        expect(isValid(id)).toBe(true);
        expect(decodeTime(id)).toBe(nowMs);
        expect(birthOfMessageId(id)).toBe(nowMs);
      }),
    );
  });

  test("S1: ids grow strictly, also when the clock stands or goes back", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 2, maxLength: 200 }), (times) => {
        const ulid = createUlid(seededBytes(7));
        const ids = times.map((ms) => ulid(1_700_000_000_000 + ms));
        for (let i = 1; i < ids.length; i++) expect((ids[i] ?? "") > (ids[i - 1] ?? "")).toBe(true);
        expect(ids.every((id) => isValid(id))).toBe(true);
      }),
    );
  });

  test("S1: within one millisecond an id is the last one plus one, as the ulid package counts", () => {
    for (const byte of [0, 30, 31, 255]) {
      const ulid = createUlid((bytes) => bytes.fill(byte, 8));
      const first = ulid(1_700_000_000_000);
      expect(ulid(1_700_000_000_000)).toBe(incrementBase32(first));
    }
  });

  test("S1: a random part that overflows carries into the time and still grows", () => {
    const ulid = createUlid((bytes) => bytes.fill(31));
    const ids = [ulid(1000), ulid(1000), ulid(1001), ulid(1002)];
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(4);
  });
});
