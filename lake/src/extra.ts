import { type EventType, field, type Json, type JsonObject, parseTime, type Receipt } from "@sluice/schema";

/** Fields whose whole meaning a column holds, for every type of event. */
const columnFields: ReadonlySet<string> = new Set([
  "type",
  "messageId",
  "timestamp",
  "userId",
  "anonymousId",
  "previousId",
  "groupId",
  "properties",
  "traits",
  "context",
]);

/** The top-level fields that no column holds, so that nothing sent is lost; `null` when there are none. */
export function extraOf(raw: JsonObject, type: EventType, receipt: Receipt): JsonObject | null {
  const names = Object.keys(raw).filter((name) => !isHeld(raw, name, type, receipt));
  if (names.length === 0) return null;
  // fromEntries defines fields, so that `__proto__` stays an ordinary one.
  return Object.fromEntries(names.map((name) => [name, field(raw, name) as Json]));
}

function isHeld(raw: JsonObject, name: string, type: EventType, receipt: Receipt): boolean {
  if (columnFields.has(name)) return true;
  const value = field(raw, name);
  switch (name) {
    case "event":
      return type === "track";
    case "name":
      return (type === "page" || type === "screen") && typeof value === "string";
    case "originalTimestamp":
      // It is the time where there is no `timestamp`; beside one that differs it says more.
      return (
        field(raw, "timestamp") === undefined || field(raw, "timestamp") === null || field(raw, "timestamp") === value
      );
    case "sentAt":
      return typeof value === "string" && receipt.sentAtMs !== null && parseTime(value) === receipt.sentAtMs;
    case "clockOffsetMs":
      return value !== null && value === receipt.clockOffsetMs;
    case "writeKey":
      return true; // of a single call's body; the receipt names the key, and keys do not belong in files
    default:
      return false;
  }
}
