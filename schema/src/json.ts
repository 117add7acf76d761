/** What `JSON.parse` can return. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. `__proto__` is an ordinary own key in it: read keys through {@link field}, never by assignment. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Whether a parsed value is an object (neither null nor an array). */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An own field of a JSON object; `undefined` when absent. Inherited names (`constructor`, `__proto__`) are absent. */
export function field(object: JsonObject, name: string): Json | undefined {
  const value = object[name]; // first, since most fields asked for are absent
  return value !== undefined && Object.hasOwn(object, name) ? value : undefined;
}

/** An own field that is a non-empty string, else `null`. */
export function textField(object: JsonObject, name: string): string | null {
  const value = object[name];
  return typeof value === "string" && value !== "" && Object.hasOwn(object, name) ? value : null;
}

/** An own field that is an object, else `null`. */
export function objectField(object: JsonObject, name: string): JsonObject | null {
  const value = object[name];
  return isObject(value) && Object.hasOwn(object, name) ? value : null;
}
