import { gzipSync } from "node:zlib";
import { type AppendSegment, type AppendSlice, type Dataset, type Json, type Receipt } from "@sluice/schema";
import { IdWriter, textKinds } from "../src/log/id-texts.ts";
import { testEvent, testReceipt } from "./harness.ts";

/** What a test says of one event of a slice; buckets and files are those of 1970 unless it says otherwise. */
export interface SliceEvent {
  readonly id: string;
  readonly dataset?: Dataset;
  readonly bucketHourMs?: number;
  readonly fileHourMs?: number;
  readonly raw?: Json;
}

/** A slice as the consumer makes it, but with ids, buckets and files as the test wants them. */
export function testSlice(
  receipt: Partial<Receipt> & Pick<Receipt, "receiptId">,
  events: readonly SliceEvent[],
): AppendSlice {
  const segments: AppendSegment[] = [];
  const segmentOf = events.map(({ dataset = "events", fileHourMs = 0 }) => {
    const at = segments.findIndex((segment) => segment.dataset === dataset && segment.fileHourMs === fileHourMs);
    return at >= 0 ? at : segments.push({ dataset, fileHourMs, body: 0 }) - 1;
  });
  const json = JSON.stringify({ batch: events.map(({ id, raw }) => raw ?? testEvent(id)) });
  const body = { form: "request", gzip: gzipSync(json), bytes: json.length, events: events.length } as const;
  const whole = testReceipt({ eventCount: events.length, ...receipt });
  const ids = new IdWriter(events.length);
  for (const { id, dataset = "events" } of events) ids.add(textKinds[whole.keyKind][dataset], id);
  return {
    receipt: whole,
    receiptJson: new TextEncoder().encode(JSON.stringify(whole)),
    bodies: [body],
    segments,
    events: {
      positions: Uint16Array.from(events.keys()),
      ids: ids.ids(),
      bucketHoursMs: Float64Array.from(events, ({ bucketHourMs = 0 }) => bucketHourMs),
      segments: Uint16Array.from(segmentOf),
    },
  };
}
