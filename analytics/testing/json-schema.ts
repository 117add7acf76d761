import { isObject, type Json, type JsonObject } from "@sluice/schema";

/** What a value does not keep of a schema, one sentence each: the part of JSON Schema that the API document uses. */
export function schemaViolations(
  value: Json,
  schema: JsonObject,
  schemas: Record<string, JsonObject>,
  at = "$",
): string[] {
  const { $ref, anyOf, enum: options, type } = schema;
  if (typeof $ref === "string") {
    const target = schemas[$ref.replace("#/components/schemas/", "")];
    return target === undefined ? [`${at}: ${$ref} is no schema`] : schemaViolations(value, target, schemas, at);
  }
  if (Array.isArray(anyOf)) {
    const tried = anyOf.map((option) => schemaViolations(value, option as JsonObject, schemas, at));
    return tried.some((violations) => violations.length === 0)
      ? []
      : [`${at}: fits none of ${tried.flat().join("; ")}`];
  }
  if (Array.isArray(options) && !options.includes(value)) return [`${at}: ${JSON.stringify(value)} is not listed`];
  if (schema["const"] !== undefined && schema["const"] !== value)
    return [`${at}: is not ${JSON.stringify(schema["const"])}`];
  if (type !== undefined && ![type].flat().some((name) => isOfType(value, name as string))) {
    return [`${at}: ${JSON.stringify(value)?.slice(0, 80)} is not ${JSON.stringify(type)}`];
  }
  if (typeof schema["pattern"] === "string" && !new RegExp(schema["pattern"]).test(String(value))) {
    return [`${at}: does not match ${schema["pattern"]}`];
  }
  if (schema["format"] === "date-time" && new Date(String(value)).toISOString() !== value) return [`${at}: no instant`];
  if (Array.isArray(value)) {
    const items = schema["items"];
    return isObject(items)
      ? value.flatMap((item, index) => schemaViolations(item as Json, items, schemas, `${at}[${index}]`))
      : [];
  }
  return isObject(value) ? objectViolations(value, schema, schemas, at) : [];
}

function objectViolations(
  value: JsonObject,
  schema: JsonObject,
  schemas: Record<string, JsonObject>,
  at: string,
): string[] {
  const properties = (schema["properties"] ?? {}) as Record<string, JsonObject>;
  const required = (schema["required"] ?? []) as readonly string[];
  const rest = schema["additionalProperties"] as JsonObject | false | undefined;
  const missing = required.filter((name) => !Object.hasOwn(value, name)).map((name) => `${at}: ${name} is missing`);
  const wrong = Object.entries(value).flatMap(([name, field]) => {
    const fieldSchema = Object.hasOwn(properties, name) ? properties[name] : rest;
    if (fieldSchema === false) return [`${at}: ${name} is not documented`];
    return fieldSchema === undefined ? [] : schemaViolations(field, fieldSchema, schemas, `${at}.${name}`);
  });
  return [...missing, ...wrong];
}

function isOfType(value: Json, type: string): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "integer") return Number.isInteger(value);
  return type === "object" ? isObject(value) : typeof value === type;
}
