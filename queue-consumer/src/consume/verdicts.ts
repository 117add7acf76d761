import {
  eventWithType,
  field,
  isEventType,
  isObject,
  type Json,
  type Receipt,
  type RejectedEvent,
} from "@sluice/schema";

/**
 * Why an event of a message is kept as rejected, or `null` for an event. The verdicts of the edge bind: its rejected
 * indices are rejects, all others events, even where today's rules say otherwise. What cannot be a row at all (no
 * object, an unknown type) is a reject, so that nothing is lost.
 */
export function verdictsOf(receipt: Receipt): (raw: Json | undefined, index: number) => RejectedEvent | null {
  const rejected = new Map(receipt.rejected.map((entry) => [entry.index, entry]));
  return (raw, index) => {
    const entry = rejected.get(index);
    if (entry !== undefined) return entry;
    if (!isObject(raw))
      return { index, reason: "not_an_object", field: "", message: "An event must be a JSON object." };
    const typed = eventWithType(raw, receipt.impliedType);
    if (isObject(typed) && isEventType(field(typed, "type"))) return null;
    return unknownType(index);
  };
}

/** The verdict on an event of no known type. */
export function unknownType(index: number): RejectedEvent {
  const message = "type must be track, identify, page, screen, group or alias.";
  return { index, reason: "unknown_type", field: "type", message };
}
