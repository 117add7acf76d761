import {
  isObject,
  type Json,
  type JsonObject,
  messageIdLengthMax,
  objectField,
  type Receipt,
  type RejectedEvent,
  rejectedRawBytesMax,
  textField,
} from "@sluice/schema";
import type { RejectedRow } from "./columns.ts";
import { boundedJsonText, cutText, jsonText } from "./json-text.ts";
import { wellFormed } from "./text.ts";

/** Bytes kept of an SDK's name, which in a rejected event may be anything. */
const sdkNameBytesMax = 100;

/**
 * The row of a rejected event. Pure and bounded, whatever the event is.
 *
 * @param raw the event as sent, or `undefined` when the request's body does not hold it.
 */
export function rejectedRowOf(raw: Json | undefined, receipt: Receipt, rejected: RejectedEvent): RejectedRow {
  const kept = raw === undefined ? null : boundedJsonText(raw, rejectedRawBytesMax);
  const event = isObject(raw) ? raw : {};
  const context = objectField(event, "context") ?? {};
  const sdkName = textField(objectField(context, "library") ?? {}, "name");
  return {
    receipt_id: receipt.receiptId,
    receipt_index: rejected.index,
    message_id: messageIdOf(event),
    received_time: receipt.receivedAtMs,
    source: receipt.source,
    key_kind: receipt.keyKind,
    reason: rejected.reason,
    field: rejected.field,
    message: rejected.message,
    raw: kept?.text ?? null,
    redrivable: kept?.whole ?? false,
    sdk_name: sdkName === null ? null : wellFormed(cutText(sdkName, sdkNameBytesMax)),
    ip: receipt.ip,
    user_agent: receipt.userAgent,
    country: receipt.geo.country,
    receipt: jsonText(rejectedReceiptOf(receipt) as unknown as JsonObject),
  };
}

/** What a rejected event's row keeps of its receipt beside its columns: all that decides about the row it may become. */
export type RejectedReceipt = Pick<
  Receipt,
  "keySerial" | "sentAtMs" | "clockOffsetMs" | "impliedType" | "ipPolicy" | "gpc"
> & { readonly geo: Receipt["geo"] };

function rejectedReceiptOf(receipt: Receipt): RejectedReceipt {
  const { keySerial, sentAtMs, clockOffsetMs, impliedType, ipPolicy, gpc, geo } = receipt;
  return {
    keySerial,
    sentAtMs,
    clockOffsetMs,
    impliedType,
    ...(ipPolicy === undefined ? {} : { ipPolicy }),
    ...(gpc === undefined ? {} : { gpc }),
    geo,
  };
}

function messageIdOf(event: JsonObject): string | null {
  const messageId = textField(event, "messageId");
  return messageId !== null && messageId.length <= messageIdLengthMax ? wellFormed(messageId) : null;
}
