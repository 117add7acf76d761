import type { JsonObject, Receipt } from "@sluice/schema";
import { type Row, eventColumns } from "./columns.ts";
import { blankRow } from "./blank-row.ts";
import { sentEventOf } from "./enrich/sent-event.ts";
import { steps } from "./enrich/steps.ts";

const blank = blankRow(eventColumns) as { readonly [Name in keyof Row]: Row[Name] | null };

/**
 * The row of an accepted event. Pure: the same event and receipt give the same row, whenever and wherever. What
 * happens to the event is the list of steps in enrich/steps.ts.
 *
 * @param raw the event as sent; it has passed `judgeEvent` (with the receipt's implied type).
 * @param index index of the event in the original request.
 */
export function rowOf(raw: JsonObject, receipt: Receipt, index: number): Row {
  const event = sentEventOf(raw, receipt, index);
  const row = { ...blank };
  for (const step of steps) Object.assign(row, step.columns(event, row));
  return row as Row; // every column is of a step
}
