import { identityOf, objectField, serverMessageId, textField } from "@sluice/schema";
import { text, textOrNumber, wellFormed, wellFormedOrNull } from "../text.ts";
import { none } from "./sent-event.ts";
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
  | "session_id"
> = {
  name: "identity",
  about: "ids as text, an event without one named after its receipt; its type and name",
  columns: ({ raw, receipt, index, type, context, properties }) => {
    const messageId = textField(raw, "messageId");
    return {
      message_id: messageId === null ? serverMessageId(receipt.receiptId, index) : wellFormed(messageId),
      message_id_source: messageId === null ? "server" : "client",
      type,
      event: type === "track" ? text(raw, "event") : null,
      name: type === "page" || type === "screen" ? (text(raw, "name") ?? text(properties, "name")) : null,
      user_id: wellFormedOrNull(identityOf(raw, "userId")),
      anonymous_id: wellFormedOrNull(identityOf(raw, "anonymousId")),
      previous_id: wellFormedOrNull(identityOf(raw, "previousId")),
      group_id: wellFormedOrNull(identityOf(raw, "groupId")) ?? text(context, "groupId"),
      session_id: textOrNumber(objectField(context, "session") ?? none, "id") ?? textOrNumber(context, "sessionId"),
    };
  },
};
