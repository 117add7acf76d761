import { fail, hourMs, ok, type Result } from "@sluice/schema";
import { dayMs } from "./day.ts";
import { type HourRange, hourRange, onlyKnown } from "./hour-range.ts";
import { parsePageCursor } from "./page-cursor.ts";
import { invalid, type Problem } from "./problem.ts";

/** A range of hours, a page length and where the page begins. */
export interface ListParams {
  readonly range: HourRange;
  readonly limit: number;
  /** The last entry of the page before; `null` for the first page. */
  readonly after: readonly (string | number)[] | null;
}

/** What a list allows. */
export interface ListRules {
  /** Names of its further parameters. */
  readonly others: readonly string[];
  readonly cursor: readonly ("string" | "number")[];
  readonly limitDefault: number;
  readonly limitMax: number;
  /** Length of the range when none is given: it then ends with the hour that holds `nowMs`. */
  readonly daysDefault: number;
  readonly daysMax: number;
}

/** Reads `from`, `to`, `limit` and `cursor` of a list. */
export function listParams(search: URLSearchParams, rules: ListRules, nowMs: number): Result<ListParams, Problem> {
  const known = onlyKnown(search, ["from", "to", "limit", "cursor", "project", ...rules.others]);
  if (!known.ok) return known;
  const range = rangeOf(search, rules, nowMs);
  if (!range.ok) return range;
  const limitText = search.get("limit") ?? String(rules.limitDefault);
  const limit = /^[1-9]\d{0,5}$/.test(limitText) ? Number(limitText) : Number.POSITIVE_INFINITY;
  if (limit > rules.limitMax) {
    const detail = `limit must be a whole number from 1 to ${rules.limitMax}; ${rules.limitDefault} when absent.`;
    return fail(invalid("limit", detail));
  }
  const cursor = search.get("cursor");
  const after = cursor === null ? null : parsePageCursor(cursor, rules.cursor);
  if (cursor !== null && after === null) {
    return fail(invalid("cursor", "cursor must be the one that the page before this one gave."));
  }
  return ok({ range: range.value, limit, after });
}

function rangeOf(search: URLSearchParams, rules: ListRules, nowMs: number): Result<HourRange, Problem> {
  if (search.has("from") || search.has("to")) return hourRange(search.get("from"), search.get("to"), rules.daysMax);
  const toMs = (Math.floor(nowMs / hourMs) + 1) * hourMs;
  return ok({ fromMs: toMs - rules.daysDefault * dayMs, toMs });
}
