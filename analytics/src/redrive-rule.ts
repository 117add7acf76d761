import { fail, field, isObject, type Json, type JsonObject, ok, type Result } from "@sluice/schema";
import { invalid, type Problem } from "./problem.ts";

/** Types that a field can be cast to. `time`: a number of seconds or milliseconds since 1970 becomes ISO 8601. */
const castTypes = ["string", "number", "boolean", "time"] as const;
type CastType = (typeof castTypes)[number];

/** One step of a rule. A path is a list of keys; what is not there is left as it is. */
export type RuleStep =
  | { readonly kind: "rename"; readonly from: readonly string[]; readonly to: readonly string[] }
  | { readonly kind: "cast"; readonly field: readonly string[]; readonly to: CastType }
  | { readonly kind: "drop"; readonly field: readonly string[] };

/** Steps in the order in which they are applied. */
export type RedriveRule = readonly RuleStep[];

const stepsMax = 50;
const pathKeysMax = 10;
const pathLengthMax = 300;

/**
 * Reads a rule: `{"steps": [{"rename": {"from": "name", "to": "event"}}, {"cast": {"field": "userId", "to": "string"}},
 * {"drop": {"field": "context.device"}}]}`. A path is written with dots, or as an array of keys where a key has a dot.
 */
export function parseRule(value: Json | undefined): Result<RedriveRule, Problem> {
  if (value === undefined || value === null) return ok([]);
  const steps = isObject(value) && Object.keys(value).length === 1 ? field(value, "steps") : undefined;
  if (!Array.isArray(steps) || steps.length > stepsMax) {
    return fail(invalid("rule", `rule must be an object with nothing but steps, an array of at most ${stepsMax}.`));
  }
  const parsed: RuleStep[] = [];
  for (const [index, step] of (steps as readonly Json[]).entries()) {
    const one = parseStep(step, `rule.steps[${index}]`);
    if (!one.ok) return one;
    parsed.push(one.value);
  }
  return ok(parsed);
}

/** Applies a rule to an event. Pure; whatever is no object, at any place of a path, stays as it is. */
export function applyRule(event: Json, rule: RedriveRule): Json {
  return rule.reduce<Json>((current, step) => (isObject(current) ? applyStep(current, step) : current), event);
}

function parseStep(step: Json, at: string): Result<RuleStep, Problem> {
  const entries = isObject(step) ? Object.entries(step) : [];
  const [entry] = entries;
  if (entry === undefined || entries.length !== 1)
    return fail(invalid(at, `${at} must have one of rename, cast, drop.`));
  const [kind, body] = entry;
  const wanted = kind === "rename" ? ["from", "to"] : kind === "cast" ? ["field", "to"] : ["field"];
  if ((kind !== "rename" && kind !== "cast" && kind !== "drop") || !isObject(body)) {
    return fail(invalid(at, `${at} must have one of rename, cast, drop, with an object.`));
  }
  const surplus = Object.keys(body).find((name) => !wanted.includes(name));
  if (surplus !== undefined) return fail(invalid(at, `${at}.${kind} takes ${wanted.join(" and ")} only.`));
  const first = parsePath(field(body, wanted[0] ?? ""), `${at}.${kind}.${wanted[0] ?? ""}`);
  if (!first.ok) return first;
  if (kind === "drop") return ok({ kind, field: first.value });
  if (kind === "rename") {
    const to = parsePath(field(body, "to"), `${at}.rename.to`);
    return to.ok ? ok({ kind, from: first.value, to: to.value }) : to;
  }
  const to = castTypes.find((type) => type === field(body, "to"));
  if (to === undefined) return fail(invalid(`${at}.cast.to`, `${at}.cast.to must be one of ${castTypes.join(", ")}.`));
  return ok({ kind, field: first.value, to });
}

function parsePath(value: Json | undefined, at: string): Result<readonly string[], Problem> {
  const keys: readonly unknown[] = typeof value === "string" ? value.split(".") : Array.isArray(value) ? value : [];
  const texts = keys.filter((key): key is string => typeof key === "string" && key !== "");
  const length = texts.reduce((sum, key) => sum + key.length, 0);
  if (texts.length === 0 || texts.length !== keys.length || keys.length > pathKeysMax || length > pathLengthMax) {
    const detail = `${at} must be a path of 1 to ${pathKeysMax} keys, ${pathLengthMax} characters in all.`;
    return fail(invalid(at, detail));
  }
  return ok(texts);
}

function applyStep(event: JsonObject, step: RuleStep): JsonObject {
  if (step.kind === "drop") return without(event, step.field);
  const value = at(event, step.kind === "rename" ? step.from : step.field);
  if (value === undefined) return event;
  if (step.kind === "cast") return withValue(event, step.field, cast(value, step.to));
  return withValue(without(event, step.from), step.to, value);
}

function at(value: Json | undefined, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>((node, key) => (isObject(node) ? field(node, key) : undefined), value);
}

/** The object with a value at a path; objects on the way are made where nothing is. Entries keep `__proto__` an ordinary key. */
function withValue(object: JsonObject, [key = "", ...rest]: readonly string[], value: Json): JsonObject {
  const present = field(object, key);
  if (rest.length > 0 && present !== undefined && present !== null && !isObject(present)) return object;
  const next = rest.length === 0 ? value : withValue(isObject(present) ? present : {}, rest, value);
  return Object.fromEntries([...Object.entries(object).filter(([name]) => name !== key), [key, next]]);
}

function without(object: JsonObject, [key = "", ...rest]: readonly string[]): JsonObject {
  if (rest.length === 0) return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
  const present = field(object, key);
  return isObject(present) ? withValue(object, [key], without(present, rest)) : object;
}

/** The value as another type, or as it was where it says nothing in that type. */
function cast(value: Json, to: CastType): Json {
  switch (to) {
    case "string":
      return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
    case "number": {
      const number = typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
      return Number.isFinite(number) ? number : value;
    }
    case "boolean":
      if (value === "true" || value === 1 || value === "1") return true;
      return value === "false" || value === 0 || value === "0" ? false : value;
    case "time":
      return timeText(typeof value === "string" && /^\d{9,13}$/.test(value) ? Number(value) : value);
  }
}

/** Seconds until the year 5138 are below this; milliseconds since 1973 above. */
const secondsMax = 1e11;

function timeText(value: Json): Json {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) return value;
  const date = new Date(Math.round(value < secondsMax ? value * 1000 : value));
  return Number.isNaN(date.getTime()) ? value : date.toISOString();
}
