import {
  clockCorrectionMs,
  correctedTimeMs,
  field,
  type JsonObject,
  parseTime,
  publicEventAgeMsMax,
  publicEventTimeMsMin,
  type Receipt,
  type TimeSource,
} from "@sluice/schema";

/** The time of an event and what it rests on. All in ms. */
export interface EventTime {
  readonly timeMs: number;
  readonly originalMs: number | null;
  readonly timeSource: TimeSource;
}

/**
 * Corrected time of an event: its own (`timestamp`, else `originalTimestamp`) plus its batch's correction. It
 * is the receipt's where the event has none, and where a public key states one older than 30 days or before 2015.
 */
export function eventTimeOf(raw: JsonObject, receipt: Receipt, sdkName: string | null): EventTime {
  const originalMs = timeField(raw, "timestamp") ?? timeField(raw, "originalTimestamp");
  if (originalMs === null) return { timeMs: receipt.receivedAtMs, originalMs, timeSource: "receipt" };
  const timeMs = correctedTimeMs(originalMs, clockCorrectionMs(receipt, sdkName), receipt.receivedAtMs);
  const oldest = Math.max(publicEventTimeMsMin, receipt.receivedAtMs - publicEventAgeMsMax);
  if (receipt.keyKind === "public" && timeMs < oldest) {
    return { timeMs: receipt.receivedAtMs, originalMs, timeSource: "receipt" };
  }
  return { timeMs, originalMs, timeSource: "client" };
}

function timeField(raw: JsonObject, name: string): number | null {
  const value = field(raw, name);
  return typeof value === "string" ? parseTime(value) : null;
}
