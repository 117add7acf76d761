import { identityOf, type JsonObject, type Receipt, serverMessageId, textField } from "@sluice/schema";
import { text, wellFormed, wellFormedOrNull } from "../text.ts";
import type { Step } from "./step.ts";

/** What the event is, and whose. */
export const identity: Step<
  | "message_id"
  | "message_id_source"
  | "type"
  | "event"
  | "name"
  | "user_id"
  | "anonymous_id"
  | "previous_id"
  | "group_id"
  | "receipt_index"
> = {
  name: "identity",
  about: "ids as text, an event without one named after its receipt; its type, name and place in the request",
  columns: ({ raw, receipt, index, type, context, properties }) => {
    return {
      message_id: messageIdOf(raw, receipt, index),
      message_id_source: textField(raw, "messageId") === null ? "server" : "client",
      type,
      event: type === "track" ? text(raw, "event") : null,
      name: type === "page" || type === "screen" ? (text(raw, "name") ?? text(properties, "name")) : null,
      user_id: wellFormedOrNull(identityOf(raw, "userId")),
      anonymous_id: wellFormedOrNull(identityOf(raw, "anonymousId")),
      previous_id: wellFormedOrNull(identityOf(raw, "previousId")),
      group_id: wellFormedOrNull(identityOf(raw, "groupId")) ?? text(context, "groupId"),
      receipt_index: index,
    };
  },
};

/** The event's own id, or one of its receipt and its index in the original request. */
export function messageIdOf(raw: JsonObject, receipt: Receipt, index: number): string {
  const messageId = textField(raw, "messageId");
  return messageId === null ? serverMessageId(receipt.receiptId, index) : wellFormed(messageId);
}
