import type { AppendSlice } from "@sluice/schema";
import fc from "fast-check";
import { expect, test } from "vitest";
import { testSlice } from "../../testing/slices.ts";
import { pickIds, textsOf } from "./id-texts.ts";
import { packAppend, unpackAppend } from "./packed-append.ts";

const hour = 3_600_000;

/** As RPC delivers it: views of a larger buffer would carry all of it along. */
function delivered(slices: readonly AppendSlice[]): ReturnType<typeof unpackAppend> {
  const packed = packAppend({ project: "shop", shard: 3, slices });
  for (const column of [packed.receipts, packed.bodies, packed.ids.bytes]) {
    expect(column.byteLength).toBe(column.buffer.byteLength);
  }
  return unpackAppend(structuredClone(packed));
}

const event = fc.record({
  id: fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("", "\ufeffid", "01KAG2X9YM0000000000000001")),
  dataset: fc.constantFrom("events", "rejected"),
  bucketHourMs: fc.nat(2 ** 27).map((hours) => hours * hour),
  fileHourMs: fc.nat(3).map((hours) => hours * hour),
});
const slice = fc
  .tuple(fc.string(), fc.constantFrom("public", "server"), fc.array(event, { maxLength: 6 }))
  .map(([userAgent, keyKind, events]) => ({
    events,
    slice: testSlice({ receiptId: "r", keyKind, userAgent }, events),
  }));

test("Q106: a log reads of an append what the consumer made, event for event and byte for byte", () => {
  fc.assert(
    fc.property(fc.array(slice, { maxLength: 4 }), (made) => {
      const request = delivered(made.map((entry) => entry.slice));
      expect(request).toMatchObject({ project: "shop", shard: 3 });
      expect(request?.slices).toEqual(
        made.map(({ slice: { events, bodies, ...rest } }) => {
          const { ids: _, ...columns } = events;
          return {
            ...rest,
            events: columns,
            bodies: bodies.map((body) => ({ ...body, gzip: new Uint8Array(body.gzip) })),
          };
        }),
      );
      const ids = made.flatMap(({ events }) => events.map(({ id }) => Buffer.from(id).toString()));
      expect(request === null ? null : textsOf(request.ids)).toEqual(ids);
    }),
    { numRuns: 200 },
  );
});

test("Q106: a receipt that begins with a byte order mark is no reason to refuse its neighbours", () => {
  const plain = testSlice({ receiptId: "r1" }, [{ id: "a" }]);
  const marked = { ...plain, receiptJson: Uint8Array.of(0xef, 0xbb, 0xbf, ...plain.receiptJson) };
  expect(delivered([marked, plain])?.slices.map(({ receipt }) => receipt.receiptId)).toEqual(["r1", "r1"]);
});

test("Q106: columns that do not belong together are refused", () => {
  const packed = packAppend({ project: "shop", shard: 0, slices: [testSlice({ receiptId: "r1" }, [{ id: "a" }])] });
  expect(() => unpackAppend({ ...packed, hoursMs: new Float64Array(1) })).toThrow("do not belong together");
  expect(() => unpackAppend({ ...packed, bodies: packed.bodies.subarray(1) })).toThrow("do not belong together");
  expect(() => unpackAppend({ ...packed, ids: { ...packed.ids, ends: new Uint32Array(2) } })).toThrow("do not belong");
});

test("Q106: some of the ids are those at their places", () => {
  const { ids } = testSlice(
    { receiptId: "r1" },
    ["a", "", "ä", "\ufeffb", "c"].map((id) => ({ id })),
  ).events;
  expect(textsOf(pickIds(ids, [0, 2, 3]))).toEqual(["a", "ä", "\ufeffb"]);
  expect(textsOf(pickIds(ids, []))).toEqual([]);
});
