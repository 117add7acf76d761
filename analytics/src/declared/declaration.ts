import { fail, field, isName, isObject, type Json, type JsonObject, ok, type Result } from "@sluice/schema";
import { fieldRef, type FieldRef, isPersonal } from "../adhoc/field-ref.ts";
import { type Filter, filtersOf } from "../adhoc/filter.ts";
import { type Measure, measureOf } from "../adhoc/measure.ts";
import { invalid, type Problem } from "../problem.ts";

/*
 * KPIs that a project declares: one measure of the events that meet some conditions, or the ratio of two, by a field if wanted. A
 * declaration is kept as the JSON it was read from, and read again when it is asked.
 */

/** What a declared KPI may be. */
export const declaredFunctions = ["count", "unique", "sum", "average", "percentile", "ratio"] as const;
/** What a ratio may be made of: what can be added up or counted. */
const ratioFunctions = ["count", "unique", "sum"] as const;

type DeclaredFunction = (typeof declaredFunctions)[number];

/** One measure of a declared KPI. */
export interface DeclaredPart {
  readonly measure: Measure;
  /** Distinct users, as the KPIs tell them: not by a field, but by who the ids belong to. */
  readonly isOfUsers: boolean;
  /** Amounts of money: told by currency, never added up over several. */
  readonly isMoney: boolean;
  readonly filters: readonly Filter[];
}

/** A declared KPI. */
export interface DeclaredKpi {
  readonly name: string;
  readonly fn: DeclaredFunction;
  /** One, or numerator and denominator. */
  readonly parts: readonly DeclaredPart[];
  readonly breakdown: FieldRef | null;
  /** Whether events flagged as bot count. */
  readonly includesBots: boolean;
  /** What it was read from, without its name. */
  readonly declaration: JsonObject;
}

const partFields = ["fn", "field", "p", "money", "filters"];
const ratioFields = ["fn", "numerator", "denominator", "filters"];

/**
 * Reads a declaration: `{"kpi": "big-orders", "fn": "count", "filters": [{"field": "event", "op": "eq", "value": "Order Completed"},
 * {"field": "revenue", "op": "gte", "value": 100}], "breakdown": "country", "bots": "exclude"}`; of a ratio `numerator` and
 * `denominator`, each with `fn`, `field`, `money` and `filters`. The field of `unique` may be `user`.
 */
export function kpiDeclaration(body: JsonObject): Result<DeclaredKpi, Problem> {
  const name = field(body, "kpi");
  if (typeof name !== "string" || !isName(name)) {
    return fail(invalid("kpi", "kpi must be 1 to 40 of a–z, 0–9 and -, not starting with -."));
  }
  const fn = declaredFunctions.find((known) => known === field(body, "fn"));
  if (fn === undefined) return fail(invalid("fn", `fn must be one of ${declaredFunctions.join(", ")}.`));
  const known = ["kpi", "breakdown", "bots", ...(fn === "ratio" ? ratioFields : partFields)];
  const unknown = Object.keys(body).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    return fail(invalid(unknown.slice(0, 40), `Unknown field of a ${fn}. Known are ${known.join(", ")}.`));
  }
  const bots = field(body, "bots") ?? "include";
  if (bots !== "include" && bots !== "exclude") return fail(invalid("bots", "bots must be include or exclude."));
  const breakdown = breakdownOf(field(body, "breakdown"));
  if (!breakdown.ok) return breakdown;
  const parts = fn === "ratio" ? ratioParts(body) : singlePart(body);
  if (!parts.ok) return parts;
  const { kpi: _, ...declaration } = body;
  return ok({
    name,
    fn,
    parts: parts.value,
    breakdown: breakdown.value,
    includesBots: bots === "include",
    declaration,
  });
}

function singlePart(body: JsonObject): Result<readonly DeclaredPart[], Problem> {
  const part = partOf(body, "", declaredFunctions);
  return part.ok ? ok([part.value]) : part;
}

function ratioParts(body: JsonObject): Result<readonly DeclaredPart[], Problem> {
  const common = filtersOf(field(body, "filters"));
  if (!common.ok) return common;
  const parts: DeclaredPart[] = [];
  for (const place of ["numerator", "denominator"]) {
    const value = field(body, place);
    if (!isObject(value)) return fail(invalid(place, `${place} must be an object of ${partFields.join(", ")}.`));
    const unknown = Object.keys(value).find((key) => !partFields.includes(key));
    if (unknown !== undefined) return fail(invalid(place, `${place} may hold ${partFields.join(", ")} only.`));
    const part = partOf(value, `${place}.`, ratioFunctions);
    if (!part.ok) return part;
    parts.push({ ...part.value, filters: [...common.value, ...part.value.filters] });
  }
  return ok(parts);
}

function partOf(body: JsonObject, prefix: string, functions: readonly string[]): Result<DeclaredPart, Problem> {
  const stated = field(body, "fn");
  if (typeof stated !== "string" || !functions.includes(stated)) {
    return fail(invalid(`${prefix}fn`, `${prefix}fn must be one of ${functions.join(", ")}.`));
  }
  const filters = filtersOf(field(body, "filters"), `${prefix}filters`);
  if (!filters.ok) return filters;
  const named = field(body, "field");
  const isOfUsers = stated === "unique" && named === "user";
  const p = field(body, "p");
  const asked = {
    fn: stated === "average" ? "avg" : stated,
    ...(named !== undefined && { field: isOfUsers ? "actor" : named }),
    ...(p !== undefined && { p }),
  };
  const measure = measureOf(asked, prefix.slice(0, -1));
  if (!measure.ok) return measure;
  const { ref } = measure.value;
  const canBeMoney = stated === "sum" || stated === "average" || stated === "percentile";
  const isRevenue = canBeMoney && ref?.kind === "column" && ref.column === "revenue";
  const money = field(body, "money") ?? isRevenue;
  if (typeof money !== "boolean" || (money && !canBeMoney) || (!money && isRevenue)) {
    const detail = `${prefix}money must be true where a field of sum, average or percentile holds money; revenue always does.`;
    return fail(invalid(`${prefix}money`, detail));
  }
  return ok({ measure: measure.value, isOfUsers, isMoney: money, filters: filters.value });
}

function breakdownOf(value: Json | undefined): Result<FieldRef | null, Problem> {
  if (value === undefined || value === null) return ok(null);
  const ref = fieldRef(value, "breakdown");
  if (!ref.ok || !isPersonal(ref.value)) return ref;
  return fail(invalid("breakdown", "breakdown must not name persons: whoever may see KPIs may see its values."));
}

/** A KPI as its row stores it. */
export function declarationText({ declaration }: DeclaredKpi): string {
  return JSON.stringify(declaration);
}

/** Reads {@link declarationText}. */
export function parseDeclaration(name: string, text: string): DeclaredKpi {
  const declared = kpiDeclaration({ ...(JSON.parse(text) as JsonObject), kpi: name });
  if (!declared.ok) throw new Error(`the declaration of ${name} cannot be read: ${declared.error.detail}`);
  return declared.value;
}
