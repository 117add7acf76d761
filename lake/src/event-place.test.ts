import { hourOf, type JsonObject, messageIdLengthMax } from "@sluice/schema";
import fc from "fast-check";
import { expect, test } from "vitest";
import { anyJson, anyJsonText, receiptOf, receivedAtMs, trackOf } from "../testing/fixtures.ts";
import { placeOf } from "./event-place.ts";
import { rowOf } from "./row.ts";

const day = 24 * 3_600_000;
const anyTime = fc
  .integer({ min: -400 * day, max: 2 * day })
  .map((offsetMs) => new Date(receivedAtMs + offsetMs).toISOString());
const sdks = fc.constantFrom("@sluice/web", "analytics-swift", "analytics.js", "");
const anyContext = fc.oneof(
  sdks.map((name): JsonObject => ({ library: { name } })),
  anyJson,
);
const anyMessageId = fc.oneof(
  anyJsonText.filter((text) => text.length <= messageIdLengthMax),
  fc.constantFrom(null, "01KAG2X9YM0000000000000001", "ajs-next-1795159483692-x", "order-1"),
);
const anyReceipt = fc
  .record({
    keyKind: fc.constantFrom("public", "server"),
    clockOffsetMs: fc.option(fc.integer({ min: -3 * day, max: 3 * day })),
    sentAtMs: fc.option(fc.integer({ min: receivedAtMs - 3 * day, max: receivedAtMs + day })),
  })
  .map(receiptOf);

test("L35: an event's id and file hour, found without its row, are those of its row", () => {
  const times = fc.record({ timestamp: fc.option(anyTime), originalTimestamp: fc.option(anyTime) });
  fc.assert(
    fc.property(
      times,
      anyContext,
      anyMessageId,
      anyReceipt,
      fc.nat(9999),
      (time, context, messageId, receipt, index) => {
        const raw = trackOf({ ...time, context, messageId });
        const row = rowOf(raw, receipt, index);
        expect(placeOf(raw, receipt, index)).toMatchObject({
          messageId: row.message_id,
          fileHourMs: hourOf(row.time_source === "receipt" ? receipt.receivedAtMs : row.time),
        });
      },
    ),
    { numRuns: 500 },
  );
});
