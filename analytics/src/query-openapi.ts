import type { Json, JsonObject } from "@sluice/schema";
import { publicRoutes, type PublicRoute } from "./query-routes.ts";
import { querySchemas } from "./query-schemas.ts";
import { readScopes } from "./read-scope.ts";

/**
 * The OpenAPI 3.1 description of the query API (https://spec.openapis.org/oas/v3.1.0), made of the table of its routes and of the
 * schemas by which tests check its answers. The typed client is generated from it.
 */
export function queryOpenApi(): JsonObject {
  return {
    openapi: "3.1.0",
    info: {
      title: "Sluice query API",
      version: "1",
      summary: "Numbers, events and users of one project.",
      description:
        `A read token (Authorization: Bearer slr_…) belongs to one project and has scopes out of ${readScopes.join(", ")}. ` +
        "What does not exist and what belongs to another project are both 404. Answers may be kept by the asker's own cache only, " +
        "and are answered 304 for their ETag. Money and decimals are exact texts.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    paths: paths(),
    components: {
      schemas: querySchemas,
      securitySchemes: { readToken: { type: "http", scheme: "bearer" } },
    },
  };
}

function paths(): JsonObject {
  const byPath = new Map<string, Record<string, Json>>();
  for (const route of publicRoutes) {
    const path = route.path.replaceAll(/:(\w+)/g, "{$1}");
    const item = byPath.get(path) ?? {};
    item[route.method.toLowerCase()] = operation(route);
    byPath.set(path, item);
  }
  return Object.fromEntries(byPath);
}

function operation(route: PublicRoute): JsonObject {
  const { operationId, summary, parameters, scope, body } = route;
  return {
    operationId,
    summary,
    ...(scope !== null && { description: `Needs the scope ${scope}.` }),
    ...(parameters.length > 0 && { parameters: parameters.map((parameter) => ({ ...parameter })) }),
    ...(body !== null && { requestBody: { required: true, content: { "application/json": { schema: ref(body) } } } }),
    security: scope === null ? [{}] : [{ readToken: [] }],
    responses: responses(route),
  };
}

function responses({ answer, contentTypes, scope, parameters, body }: PublicRoute): JsonObject {
  const schema = answer === null ? {} : { schema: ref(answer) };
  const content = Object.fromEntries(contentTypes.map((type) => [type, schema]));
  const etag = { ETag: { schema: { type: "string" } } };
  const success = { description: "The answer.", content, ...(scope !== null && { headers: etag }) };
  if (scope === null) return { "200": success };
  const isAsked = parameters.length > 0 || body !== null;
  return {
    "200": success,
    "304": { description: "The asker has this answer already (If-None-Match)." },
    ...(isAsked && { "400": problem("A parameter or field that cannot be used; it is named, with its limit.") }),
    "401": problem("No read token, or one that is unknown, revoked or expired."),
    "403": problem("The token's scopes do not cover this, or the page's origin is not listed."),
    "404": problem("There is nothing here, or it is another project's."),
    ...(body !== null && { "413": problem("The body is too large.") }),
    "422": problem("Beyond the budget of one question; the detail says how to narrow it."),
    "503": problem("Not available now; ask again."),
  };
}

function problem(description: string): JsonObject {
  return { description, content: { "application/problem+json": { schema: ref("Problem") } } };
}

function ref(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` };
}
