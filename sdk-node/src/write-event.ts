import { buildEvent, type BuiltEvent, type CallOptions, type Library } from "@sluice/core";
import type { EventType } from "@sluice/schema";

/** Turns calls into the JSON that is sent, at the call. */
export type WriteEvent = (type: EventType, call: CallOptions, messageId: string, nowMs: number) => BuiltEvent;

/**
 * A writer of events for one library.
 *
 * Most calls on a server carry no id, time or context of their own. Those are written behind a head that is the same for
 * all of them, without a copy of the caller's object; this is where the time of a fast producer goes.
 *
 * @param utf8Bytes counts the bytes of a JSON text.
 */
export function createWriteEvent(library: Library, utf8Bytes: (text: string) => number): WriteEvent {
  const context = JSON.stringify({ library });
  let stampMs = Number.NaN;
  let stamp = "";
  return (type, call, messageId, nowMs) => {
    if (!isPlainCall(call)) {
      const event = buildEvent(type, call, { messageId, nowMs, library });
      // An id that is no text is the server's to refuse; until then the event goes by ours.
      return typeof event.messageId === "string" ? event : { ...event, messageId };
    }
    if (nowMs !== stampMs) {
      stampMs = nowMs;
      stamp = new Date(nowMs).toISOString();
    }
    let json = "";
    try {
      const fields = JSON.stringify(call);
      const rest = fields === "{}" ? "}" : `,${fields.slice(1)}`;
      json = `{"type":"${type}","messageId":"${messageId}","timestamp":"${stamp}","context":${context}${rest}`;
    } catch {
      // a cycle, a BigInt or a getter that throws: the client reports it as invalid
    }
    return { messageId, json, bytes: utf8Bytes(json), stampMs: nowMs };
  };
}

/** Whether a call has no field that the head would repeat. A getter that throws is left to the general way. */
function isPlainCall(call: CallOptions & { readonly type?: unknown; readonly toJSON?: unknown }): boolean {
  try {
    return (
      typeof call === "object" &&
      !Array.isArray(call) &&
      call.messageId === undefined &&
      call.timestamp === undefined &&
      call.context === undefined &&
      call.type === undefined &&
      call.toJSON === undefined
    );
  } catch {
    return false;
  }
}
