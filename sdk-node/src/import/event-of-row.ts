import type { CallOptions, Fields } from "@sluice/core";
import { type EventType, fail, isEventType, ok, type Result } from "@sluice/schema";
import type { Row } from "./row.ts";
import { rowId } from "./row-id.ts";
import { rowTimeMs } from "./row-time.ts";

/** How the rows of a file become events. */
export interface RowRules {
  /** Type of rows that state none. */
  readonly type: EventType;
  /** Event name of track rows that state none; "" leaves them without. */
  readonly event: string;
  /** Other names of columns: from the file's to the event's. */
  readonly names: ReadonlyMap<string, string>;
  readonly namespace: string;
  /** Whether rows are refused in which bytes stood that are no UTF-8: their words would be changed without a word. */
  readonly isGarbledRefused: boolean;
}

/** Why a row is no event. The server's own verdicts come later. */
export type RowProblem = "unreadable" | "not_utf8" | "unknown_type" | "missing_timestamp" | "invalid_timestamp";

/** A call that the client can make. */
export interface ImportedCall extends CallOptions {
  readonly type: EventType;
  readonly messageId: string;
  readonly timestamp: string;
}

/** Fields of an event that are no properties. */
const ownFields = new Set(
  "type event name category userId anonymousId groupId previousId messageId timestamp".split(" "),
);

/** Objects within an event, which columns name with a dot (`properties.price`) or hold as JSON. */
const objects = new Set(["properties", "traits", "context", "integrations"]);

/** Names of warehouse tables that mean a field. */
const aliases = new Map([
  ["user_id", "userId"],
  ["anonymous_id", "anonymousId"],
  ["group_id", "groupId"],
  ["previous_id", "previousId"],
  ["message_id", "messageId"],
  ["originalTimestamp", "timestamp"],
  ["original_timestamp", "timestamp"],
]);

/**
 * The event of a row. Columns that are no field of an event become properties (of identify and group: traits).
 * A row needs a time: without it the event would be filed under today.
 */
export function eventOfRow(row: Row, rules: RowRules): Result<ImportedCall, RowProblem> {
  if (row.fields === null) return fail("unreadable");
  if (rules.isGarbledRefused && row.text.includes("\ufffd")) return fail("not_utf8");
  const own = new Map<string, unknown>();
  const nested = new Map<string, Fields>();
  const rest = new Map<string, unknown>();
  for (const [column, value] of Object.entries(row.fields)) {
    const name = rules.names.get(column) ?? aliases.get(column) ?? column;
    const [head = "", ...tail] = name.split(".");
    if (ownFields.has(name)) own.set(name, value);
    else if (objects.has(name)) merge(nested, name, objectOf(value) ?? {});
    else if (objects.has(head) && tail.length > 0) merge(nested, head, { [tail.join(".")]: value });
    else rest.set(name, value);
  }
  const type = own.get("type") ?? rules.type;
  if (!isEventType(type)) return fail("unknown_type");
  const stated = own.get("timestamp");
  if (stated === undefined || stated === null || stated === "") return fail("missing_timestamp");
  const timeMs = rowTimeMs(stated);
  if (timeMs === null) return fail("invalid_timestamp");
  merge(nested, type === "identify" || type === "group" ? "traits" : "properties", Object.fromEntries(rest));
  const id = own.get("messageId") ?? "";
  return ok({
    ...(rules.event !== "" && type === "track" && { event: rules.event }),
    ...Object.fromEntries(own),
    ...Object.fromEntries(nested),
    type,
    messageId: isWord(id) ? String(id) : rowId(timeMs, rules.namespace, row),
    timestamp: new Date(timeMs).toISOString(),
  });
}

/** Whether a message id is stated: tables often have a number there. */
function isWord(id: unknown): id is string | number {
  return typeof id === "number" || (typeof id === "string" && id !== "");
}

function merge(nested: Map<string, Fields>, name: string, fields: Fields): void {
  const before = nested.get(name);
  if (before !== undefined) nested.set(name, { ...before, ...fields });
  else if (Object.keys(fields).length > 0) nested.set(name, fields);
}

/** An object, or the object that a text holds as JSON. */
function objectOf(value: unknown): Fields | null {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  if (typeof value !== "string") return null;
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === "string" ? null : objectOf(parsed);
  } catch {
    return null; // a text that is no JSON has no fields
  }
}
