import { isObject, type Json, type JsonObject } from "@sluice/schema";

/** TypeScript of the typed client: interfaces of the document's schemas, and a method for each of its operations. */
export function clientSource(document: JsonObject): string {
  const schemas = Object.entries(objectAt(objectAt(document, "components"), "schemas"));
  const operations = Object.entries(objectAt(document, "paths")).flatMap(([path, item]) =>
    Object.entries(item as JsonObject).map(([method, operation]) => operationOf(path, method, operation as JsonObject)),
  );
  return [
    "/*",
    " * Generated from the API document by tools/query-client.ts; a test compares the two. Changes belong into the routes and schemas",
    " * of the query API.",
    " */",
    "",
    ...schemas.map(([name, schema]) => declarationOf(name, schema as JsonObject)),
    ...operations.filter(({ parameters }) => parameters.length > 0).map(parametersOf),
    "/** How an operation is called. */",
    "export interface Operation { readonly method: string; readonly path: string; readonly hasBody: boolean; readonly isStream: boolean }",
    "",
    "/** Every operation of the API. */",
    `export const operations = {\n${operations.map(tableEntry).join("")}} as const satisfies Readonly<Record<string, Operation>>;`,
    "",
    "/** The API: a method for each operation. */",
    `export interface QueryApi {\n${operations.map(methodOf).join("\n")}}`,
    "",
  ].join("\n");
}

interface ClientOperation {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly parameters: readonly JsonObject[];
  readonly body: string | null;
  /** Type of the answer; `null` for a stream. */
  readonly answer: string | null;
}

function operationOf(path: string, method: string, operation: JsonObject): ClientOperation {
  const success = objectAt(objectAt(operation, "responses"), "200");
  const schemas = Object.values(objectAt(success, "content")).map((content) => (content as JsonObject)["schema"]);
  const body = isObject(operation["requestBody"])
    ? objectAt(operation["requestBody"], "content")["application/json"]
    : null;
  return {
    name: String(operation["operationId"]),
    method: method.toUpperCase(),
    path,
    summary: [operation["summary"], operation["description"]].filter((text) => text !== undefined).join(" "),
    parameters: (operation["parameters"] ?? []) as readonly JsonObject[],
    body: isObject(body) ? typeOf(body["schema"]) : null,
    answer: schemas[0] === undefined ? null : typeOf(schemas[0]),
  };
}

function declarationOf(name: string, schema: JsonObject): string {
  const about = schema["description"] === undefined ? "" : `/** ${String(schema["description"])} */\n`;
  const type = typeOf(schema);
  return `${about}export ${type.startsWith("{") ? `interface ${name} ${type}` : `type ${name} = ${type};`}\n`;
}

function parametersOf({ name, parameters }: ClientOperation): string {
  const fields = parameters.map((parameter) => {
    const schema = objectAt(parameter, "schema");
    const about = `/** ${String(parameter["description"])} */`;
    return `${about}\nreadonly ${fieldName(String(parameter["name"]))}${parameter["required"] === true ? "" : "?"}: ${typeOf(schema)};`;
  });
  return `/** Parameters of {@link QueryApi.${name}}. */\nexport interface ${parametersName(name)} {\n${fields.join("\n")}\n}\n`;
}

function tableEntry({ name, method, path, body, answer }: ClientOperation): string {
  const entry = { method, path, hasBody: body !== null, isStream: answer === null };
  return `${name}: ${JSON.stringify(entry)},\n`;
}

function methodOf({ name, summary, parameters, body, answer }: ClientOperation): string {
  const isOptional = parameters.every((parameter) => parameter["required"] !== true);
  const takesParameters = parameters.length > 0 ? [`parameters${isOptional ? "?" : ""}: ${parametersName(name)}`] : [];
  const takes = [...(body === null ? [] : [`body: ${body}`]), ...takesParameters].join(", ");
  return `/** ${summary} */\n${name}(${takes}): Promise<${answer ?? "Response"}>;`;
}

function parametersName(operation: string): string {
  return `${operation.charAt(0).toUpperCase()}${operation.slice(1)}Parameters`;
}

/** The TypeScript type of a schema. */
function typeOf(schema: Json | undefined): string {
  if (!isObject(schema)) return "unknown";
  const { $ref, anyOf, enum: options, type } = schema;
  if (typeof $ref === "string") return $ref.replace("#/components/schemas/", "");
  if (Array.isArray(anyOf)) return union(anyOf.map((option) => typeOf(option as Json)));
  if (Array.isArray(options)) return union(options.map((option) => JSON.stringify(option)));
  if (schema["const"] !== undefined) return JSON.stringify(schema["const"]);
  if (Array.isArray(type)) return union(type.map((name) => typeOf({ type: name as Json })));
  switch (type) {
    case "string":
    case "boolean":
    case "null":
      return type;
    case "number":
    case "integer":
      return "number";
    case "array":
      return `readonly (${typeOf(schema["items"])})[]`;
    case "object":
      return objectType(schema);
    default:
      return "unknown";
  }
}

function objectType(schema: JsonObject): string {
  const rest = schema["additionalProperties"];
  const properties = isObject(schema["properties"]) ? Object.entries(schema["properties"]) : [];
  if (properties.length === 0) return `Readonly<Record<string, ${typeOf(rest)}>>`;
  const required = new Set(schema["required"] as readonly string[]);
  const fields = properties.map(([name, field]) => {
    const described = isObject(field) ? field["description"] : undefined;
    const about = described === undefined ? "" : `/** ${String(described)} */\n`;
    return `${about}readonly ${fieldName(name)}${required.has(name) ? "" : "?"}: ${typeOf(field)};`;
  });
  const others = isObject(rest) ? [`readonly [name: string]: ${typeOf(rest)};`] : [];
  return `{\n${[...fields, ...others].join("\n")}\n}`;
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(" | ");
}

function fieldName(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
}

function objectAt(value: JsonObject, name: string): JsonObject {
  const found = value[name];
  return isObject(found) ? found : {};
}
