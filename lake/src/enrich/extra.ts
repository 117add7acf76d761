import { field, type Json, type JsonObject, parseTime } from "@sluice/schema";
import { jsonText } from "../json-text.ts";
import type { SentEvent } from "./sent-event.ts";
import type { Step } from "./step.ts";

/** The top-level fields that no column holds, so that nothing sent is lost. */
export const extra: Step<"extra"> = {
  name: "extra",
  about: "all other top-level fields; never a write key",
  columns: (event) => {
    const entries: [string, Json][] = [];
    for (const name of Object.keys(event.raw)) {
      if (!isHeld(event, name)) entries.push([name, event.raw[name] as Json]);
    }
    // fromEntries defines fields, so that `__proto__` stays an ordinary one.
    return { extra: entries.length === 0 ? null : jsonText(Object.fromEntries(entries)) };
  },
};

function isHeld({ raw, type, receipt }: SentEvent, name: string): boolean {
  switch (name) {
    case "type":
    case "messageId":
    case "timestamp":
    case "userId":
    case "anonymousId":
    case "previousId":
    case "groupId":
    case "properties":
    case "traits":
    case "context":
      return true; // columns hold the whole meaning of these, for every type of event
    case "event":
      return type === "track";
    case "name":
      return (type === "page" || type === "screen") && typeof field(raw, name) === "string";
    case "originalTimestamp":
      return isOnlyTime(raw);
    case "sentAt":
      return isTimeOf(field(raw, name), receipt.sentAtMs);
    case "clockOffsetMs":
      return field(raw, name) !== null && field(raw, name) === receipt.clockOffsetMs;
    case "writeKey":
      return true; // of a single call's body; the receipt names the key, and keys do not belong in files
    default:
      return false;
  }
}

/** Whether `originalTimestamp` is the event's time: it is where there is no `timestamp`; beside one that differs it says more. */
function isOnlyTime(raw: JsonObject): boolean {
  const timestamp = field(raw, "timestamp");
  return timestamp === undefined || timestamp === null || timestamp === field(raw, "originalTimestamp");
}

function isTimeOf(value: Json | undefined, ms: number | null): boolean {
  return typeof value === "string" && ms !== null && parseTime(value) === ms;
}
