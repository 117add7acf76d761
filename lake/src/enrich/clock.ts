import {
  correctedTimeMs,
  field,
  type JsonObject,
  parseTime,
  publicEventAgeMsMax,
  publicEventTimeMsMin,
  type Receipt,
} from "@sluice/schema";
import type { Row } from "../columns.ts";
import type { Step } from "./step.ts";

/**
 * When the event happened: its own time (`timestamp`, else `originalTimestamp`) plus its batch's correction, never
 * long after the receipt. The receipt's where the event has none, and where a public key states one older than 30 days
 * or before 2015. What was sent is kept.
 */
export const clock: Step<"time" | "original_time" | "time_source"> = {
  name: "clock",
  about:
    "the event's own time, corrected by its batch's clock: by exactly the offset that our SDKs state, for others by `sentAt` in steps of 15 minutes; never more than 15 minutes after the receipt",
  columns: ({ raw, receipt }, { sdk_name: sdkName }) => timesOf(raw, receipt, sdkName),
};

/** The times of an event, by the clock of its batch. */
export function timesOf(
  raw: JsonObject,
  receipt: Receipt,
  sdkName: string | null,
): Pick<Row, "time" | "original_time" | "time_source"> {
  const originalMs = timeField(raw, "timestamp") ?? timeField(raw, "originalTimestamp");
  if (originalMs === null) return ofReceipt(receipt.receivedAtMs, null);
  const timeMs = correctedTimeMs(originalMs, receipt, sdkName);
  const oldestMs = Math.max(publicEventTimeMsMin, receipt.receivedAtMs - publicEventAgeMsMax);
  if (receipt.keyKind === "public" && timeMs < oldestMs) return ofReceipt(receipt.receivedAtMs, originalMs);
  return { time: timeMs, original_time: originalMs, time_source: "client" };
}

function ofReceipt(receivedAtMs: number, originalMs: number | null) {
  return { time: receivedAtMs, original_time: originalMs, time_source: "receipt" };
}

function timeField(raw: JsonObject, name: string): number | null {
  const value = field(raw, name);
  return typeof value === "string" ? parseTime(value) : null;
}
