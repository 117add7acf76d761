import {
  fail,
  field,
  isObject,
  type Json,
  type JsonObject,
  ok,
  type RejectReason,
  rejectReasons,
  type Result,
} from "@sluice/schema";
import { type HourRange, hourRange } from "./hour-range.ts";
import { parseCursor, type PartCursor } from "./part-cursor.ts";
import { invalid, type Problem } from "./problem.ts";
import { parseRule, type RedriveRule } from "./redrive-rule.ts";

/** Bytes of a request's body: a rule of fifty steps fits. */
const bodyBytesMax = 64 * 1024;
/** Rejected events expire after 30 days. */
const redriveDaysMax = 40;
const replayDaysMax = 400;

/** A step of a re-drive. */
export interface RedriveRequest {
  readonly range: HourRange;
  /** Only events rejected for this reason; `null` for all. */
  readonly reason: RejectReason | null;
  readonly rule: RedriveRule;
  readonly isDryRun: boolean;
  readonly cursor: PartCursor | null;
}

/** A step of a replay. */
export interface ReplayRequest {
  readonly range: HourRange;
  readonly dataset: "events" | "rejected";
  readonly cursor: PartCursor | null;
}

/** Reads the body of `POST …/redrive`. */
export function redriveRequest(text: string): Result<RedriveRequest, Problem> {
  const body = bodyOf(text, ["from", "to", "reason", "rule", "dryRun", "cursor"]);
  if (!body.ok) return body;
  const range = hourRange(textOf(body.value, "from"), textOf(body.value, "to"), redriveDaysMax);
  if (!range.ok) return range;
  const asked = field(body.value, "reason") ?? null;
  const reason = rejectReasons.find((one) => one === asked) ?? null;
  if (asked !== null && reason === null) {
    return fail(invalid("reason", `reason must be one of ${rejectReasons.join(", ")}.`));
  }
  const rule = parseRule(field(body.value, "rule"));
  if (!rule.ok) return rule;
  const isDryRun = field(body.value, "dryRun") ?? false;
  if (typeof isDryRun !== "boolean") return fail(invalid("dryRun", "dryRun must be true or false."));
  const cursor = cursorOf(body.value);
  if (!cursor.ok) return cursor;
  return ok({ range: range.value, reason, rule: rule.value, isDryRun, cursor: cursor.value });
}

/** Reads the body of `POST …/replay`. */
export function replayRequest(text: string): Result<ReplayRequest, Problem> {
  const body = bodyOf(text, ["from", "to", "dataset", "cursor"]);
  if (!body.ok) return body;
  const range = hourRange(textOf(body.value, "from"), textOf(body.value, "to"), replayDaysMax);
  if (!range.ok) return range;
  const dataset = field(body.value, "dataset") ?? "events";
  if (dataset !== "events" && dataset !== "rejected") {
    return fail(invalid("dataset", "dataset must be events or rejected."));
  }
  const cursor = cursorOf(body.value);
  return cursor.ok ? ok({ range: range.value, dataset, cursor: cursor.value }) : cursor;
}

function bodyOf(text: string, known: readonly string[]): Result<JsonObject, Problem> {
  if (text.length > bodyBytesMax) {
    return fail({ status: 413, title: "Body too large", detail: `The body may have at most ${bodyBytesMax} bytes.` });
  }
  const value = parsed(text);
  if (!isObject(value)) return fail({ status: 400, title: "Invalid body", detail: "The body must be a JSON object." });
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    return fail(invalid(unknown.slice(0, 40), `Unknown field. Known are ${known.join(", ")}.`));
  }
  return ok(value);
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined; // not JSON: the caller refuses it as it refuses other values that are no object
  }
}

function textOf(body: JsonObject, name: string): string | null {
  const value = field(body, name);
  return typeof value === "string" ? value : null;
}

function cursorOf(body: JsonObject): Result<PartCursor | null, Problem> {
  const text = field(body, "cursor") ?? null;
  if (text === null) return ok(null);
  const cursor = typeof text === "string" ? parseCursor(text) : null;
  return cursor === null ? fail(invalid("cursor", "cursor must be one of an earlier answer.")) : ok(cursor);
}
