import type { Json, JsonObject } from "@sluice/schema";

/*
 * What the JSON Schemas of the query API are made of.
 */

export const text: JsonObject = { type: "string" };
export const instant: JsonObject = { type: "string", format: "date-time" };
export const count: JsonObject = { type: "integer", minimum: 0 };
export const decimal: JsonObject = { type: "string", pattern: "^-?\\d+\\.\\d{6}$", description: "Exact, six digits." };
export const anyObject: JsonObject = { type: "object", additionalProperties: {} };

export function object(properties: Record<string, Json>, optional: readonly string[] = []): JsonObject {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: "object", required, properties, additionalProperties: false };
}

export function list(items: JsonObject): JsonObject {
  return { type: "array", items };
}

export function map(values: JsonObject): JsonObject {
  return { type: "object", additionalProperties: values };
}

export function nullable(schema: JsonObject): JsonObject {
  return { anyOf: [schema, { type: "null" }] };
}

export function ref(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` };
}
