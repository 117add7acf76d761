import {
  type EventType,
  eventWithType,
  isObject,
  judgeEvent,
  type Json,
  type RejectedEvent,
  type RejectedInReply,
  textField,
  messageIdLengthMax,
} from "@sluice/schema";

/** The verdicts of one request: what is not listed is accepted. Ascending by index. */
export function judgeEvents(events: readonly Json[], impliedType: EventType | null): readonly RejectedEvent[] {
  const rejected: RejectedEvent[] = [];
  for (let index = 0; index < events.length; index++) {
    const verdict = judgeEvent(eventWithType(events[index] as Json, impliedType));
    if (!verdict.ok) rejected.push({ index, ...verdict.error });
  }
  return rejected;
}

/** The verdicts as the sender reads them, with the sender's own message ids. */
export function rejectedInReply(
  events: readonly Json[],
  rejected: readonly RejectedEvent[],
): readonly RejectedInReply[] {
  return rejected.map(({ index, reason, field: name, message }) => ({
    index,
    messageId: messageIdOf(events[index]),
    reason,
    field: name,
    message,
  }));
}

function messageIdOf(raw: Json | undefined): string | null {
  const messageId = isObject(raw) ? textField(raw, "messageId") : null;
  return messageId !== null && messageId.length <= messageIdLengthMax ? messageId : null;
}
