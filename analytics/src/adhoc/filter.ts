import { type ColumnBounds, compareText, formatDecimal, type Row } from "@sluice/lake";
import { fail, field, isObject, type Json, ok, parseTime, type Result } from "@sluice/schema";
import { invalid, type Problem } from "../problem.ts";
import { type FieldRef, fieldRef } from "./field-ref.ts";
import { isTime, microsOfValue, type RowView, textOf } from "./field-value.ts";

/** What a condition may ask. */
export const operators = [
  ...["eq", "ne", "in", "notIn", "exists", "notExists", "contains", "startsWith"],
  ...["lt", "lte", "gt", "gte"],
] as const;

/** Filters of one question, values of one list, and characters of one value. There are no patterns: their cost is not bounded. */
const filtersMax = 20;
const listValuesMax = 200;
const valueLengthMax = 1_000;

/** One condition; a question's conditions hold together. */
export interface Filter {
  readonly ref: FieldRef;
  readonly holds: (view: RowView) => boolean;
  /** The texts that the field must be one of, where the condition says so: row groups whose bounds hold none are skipped. */
  readonly oneOf: readonly string[] | null;
}

/**
 * Reads a list of `{"field", "op", "value"}`.
 *
 * @param place where it stands, for refusals.
 */
export function filtersOf(value: Json | undefined, place = "filters"): Result<readonly Filter[], Problem> {
  const list = value ?? [];
  if (!Array.isArray(list) || list.length > filtersMax) {
    return fail(invalid(place, `${place} must be a list of at most ${filtersMax} conditions.`));
  }
  const filters: Filter[] = [];
  for (const [index, entry] of list.entries()) {
    const filter = filterOf(entry as Json, `${place}[${index}]`);
    if (!filter.ok) return filter;
    filters.push(filter.value);
  }
  return ok(filters);
}

function filterOf(entry: Json, place: string): Result<Filter, Problem> {
  if (!isObject(entry)) return fail(invalid(place, `${place} must be {"field", "op", "value"}.`));
  const unknown = Object.keys(entry).find((key) => !["field", "op", "value"].includes(key));
  if (unknown !== undefined) return fail(invalid(place, `${place} may hold field, op and value only.`));
  const ref = fieldRef(field(entry, "field"), `${place}.field`);
  if (!ref.ok) return ref;
  const op = field(entry, "op");
  const known = operators.find((name) => name === op);
  if (known === undefined) return fail(invalid(`${place}.op`, `${place}.op must be one of ${operators.join(", ")}.`));
  return conditionOf(ref.value, known, field(entry, "value"), `${place}.value`);
}

function conditionOf(ref: FieldRef, op: string, value: Json | undefined, place: string): Result<Filter, Problem> {
  const has = (holds: Filter["holds"], oneOf: Filter["oneOf"] = null): Result<Filter, Problem> =>
    ok({ ref, holds, oneOf });
  if (op === "exists" || op === "notExists") {
    if (value !== undefined) return fail(invalid(place, `${op} takes no value.`));
    return has((view) => (view.value(ref) === null) === (op === "notExists"));
  }
  if (op === "in" || op === "notIn") {
    const texts = Array.isArray(value) ? (value as readonly Json[]).map((item) => wantedText(ref, item)) : [];
    if (texts.length === 0 || texts.length > listValuesMax || texts.some((text) => text === null)) {
      return fail(invalid(place, `${place} must be a list of 1 to ${listValuesMax} ${valueRule(ref)}.`));
    }
    const wanted = new Set(texts.filter((text) => text !== null));
    const isWanted = (view: RowView): boolean => {
      const held = textOf(ref, view.value(ref));
      return held !== null && wanted.has(held);
    };
    return op === "in" ? has(isWanted, [...wanted]) : has((view) => !isWanted(view));
  }
  const text = wantedText(ref, value);
  if (text === null) return fail(invalid(place, `${place} must be one of ${valueRule(ref)}.`));
  switch (op) {
    case "eq":
      return has((view) => textOf(ref, view.value(ref)) === text, [text]);
    case "ne":
      return has((view) => textOf(ref, view.value(ref)) !== text);
    case "contains":
      return has((view) => textOf(ref, view.value(ref))?.includes(text) ?? false);
    case "startsWith":
      return has((view) => textOf(ref, view.value(ref))?.startsWith(text) ?? false);
    default: {
      const holds = orderTest(ref, op, value, text);
      return holds === null
        ? fail(invalid(place, `${place} must be below 10^12 to be compared as a number.`))
        : has(holds);
    }
  }
}

/**
 * Texts are compared by code point, numbers and decimals as numbers, times as times. A value of another kind never matches. `null` for a
 * number that is too large to be compared exactly.
 */
function orderTest(ref: FieldRef, op: string, value: Json | undefined, text: string): Filter["holds"] | null {
  const isNumeric = typeof value === "number" || (ref.kind === "column" && ref.type === "decimal");
  const isMet = (order: number): boolean => {
    if (op === "lt") return order < 0;
    if (op === "lte") return order <= 0;
    return op === "gt" ? order > 0 : order >= 0;
  };
  if (!isNumeric) {
    return (view) => {
      const held = textOf(ref, view.value(ref));
      return held !== null && isMet(compareText(held, text));
    };
  }
  const bound = microsOfValue(value ?? null);
  if (bound === null) return null;
  return (view) => {
    const held = microsOfValue(view.value(ref));
    return held !== null && isMet(held < bound ? -1 : held > bound ? 1 : 0);
  };
}

/** A value of a condition as the text that fields are compared by; `null` when it fits no value of the field. */
function wantedText(ref: FieldRef, value: Json | undefined): string | null {
  if (isTime(ref)) {
    const ms = typeof value === "string" && value.length <= 40 ? parseTime(value) : null;
    return ms === null ? null : new Date(ms).toISOString();
  }
  if (ref.kind === "column" && ref.type === "decimal") {
    const micros = microsOfValue(value ?? null);
    return micros === null ? null : formatDecimal(micros);
  }
  if (ref.kind === "column" && ref.type === "boolean") return typeof value === "boolean" ? String(value) : null;
  if (typeof value === "number" || typeof value === "boolean") return JSON.stringify(value);
  return typeof value === "string" && value.length <= valueLengthMax ? value : null;
}

function valueRule(ref: FieldRef): string {
  if (isTime(ref)) return "times in ISO 8601";
  if (ref.kind === "column" && ref.type === "decimal") return "decimals below 10^12";
  if (ref.kind === "column" && ref.type === "boolean") return "true or false";
  return `texts of at most ${valueLengthMax} characters, numbers or booleans`;
}

/** Whether a row group can hold a row that meets a condition, by the bounds of its column. */
export function mayHold(filter: Filter, boundsOf: (column: keyof Row) => ColumnBounds | null): boolean {
  const { ref, oneOf } = filter;
  if (oneOf === null || ref.kind !== "column" || ref.type !== "string") return true;
  const bounds = boundsOf(ref.column);
  if (bounds === null) return true;
  const { min, max } = bounds;
  if (typeof min !== "string" || typeof max !== "string") return true;
  return oneOf.some((text) => compareText(text, min) >= 0 && compareText(text, max) <= 0);
}
