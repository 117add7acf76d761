import {
  birthOfMessageId,
  hourOf,
  type JsonObject,
  objectField,
  type Receipt,
  textField,
  undatedBucketMs,
} from "@sluice/schema";
import { timesOf } from "./enrich/clock.ts";
import { messageIdOf } from "./enrich/identity.ts";
import { sdkNameOf } from "./enrich/library.ts";
import { none } from "./enrich/sent-event.ts";

/** What a log must know of an event to take it in, long before its row is made. */
export interface EventPlace {
  readonly messageId: string;
  /**
   * Hour (ms) of the bucket of seen ids that holds the event's: the same for every resend of it. The birth hour
   * in the client's id, else the hour of its own time as sent. Of an id that states neither, the bucket of its receipt's day;
   * of one that was made of the receipt, the receipt's hour.
   */
  readonly bucketHourMs: number;
  /** Hour (ms) of the file that holds its row: that of the row's `time`. */
  readonly fileHourMs: number;
}

/** The place of an accepted event: what {@link rowOf} says of id and time, at a tenth of its cost. */
export function placeOf(raw: JsonObject, receipt: Receipt, index: number): EventPlace {
  const { time, original_time: originalMs } = timesOf(raw, receipt, sdkNameOf(objectField(raw, "context") ?? none));
  const clientId = textField(raw, "messageId");
  const birthMs = clientId === null ? null : birthOfMessageId(clientId);
  return {
    messageId: messageIdOf(raw, receipt, index),
    bucketHourMs: bucketOf(birthMs ?? originalMs, clientId, receipt),
    fileHourMs: hourOf(time),
  };
}

function bucketOf(ownMs: number | null, clientId: string | null, { receivedAtMs }: Receipt): number {
  if (ownMs !== null) return hourOf(ownMs);
  return clientId === null ? hourOf(receivedAtMs) : undatedBucketMs(receivedAtMs);
}
