import { birthOfMessageId, hourOf, type JsonObject, type Receipt, textField } from "@sluice/schema";
import { type Row, eventColumns } from "./columns.ts";
import { blankRow } from "./blank-row.ts";
import { sentEventOf } from "./enrich/sent-event.ts";
import type { RowSoFar } from "./enrich/step.ts";
import { steps } from "./enrich/steps.ts";

const blank = blankRow(eventColumns) as RowSoFar;

/**
 * The row of an accepted event. Pure: the same event and receipt give the same row, whenever and wherever. What
 * happens to the event is the list of steps in enrich/steps.ts.
 *
 * @param raw the event as sent; it has passed `judgeEvent` (with the receipt's implied type).
 * @param index index of the event in the original request.
 */
export function rowOf(raw: JsonObject, receipt: Receipt, index: number): Row {
  const event = sentEventOf(raw, receipt, index);
  const row: RowSoFar = { ...blank };
  for (const step of steps) Object.assign(row, step.columns(event, row));
  return row as Row; // every column is of a step
}

/** Hour (ms) of the file that holds the row: that of its `time`, which is the receipt's where that is all there is. */
export function fileHourOf(row: Row, receipt: Receipt): number {
  return hourOf(row.time_source === "receipt" ? receipt.receivedAtMs : row.time);
}

/**
 * Hour (ms) of the bucket of seen ids that holds the event's: the same for every resend of it. The birth hour
 * in the client's id, else the hour of its own time as sent, else the receipt's.
 */
export function bucketHourOf(raw: JsonObject, row: Row, receipt: Receipt): number {
  const clientId = textField(raw, "messageId");
  const birthMs = clientId === null ? null : birthOfMessageId(clientId);
  return hourOf(birthMs ?? row.original_time ?? receipt.receivedAtMs);
}
