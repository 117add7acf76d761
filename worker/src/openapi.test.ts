import { type Json, type JsonObject, rejectReasons } from "@sluice/schema";
import { expect, test } from "vitest";
import { openApiDocument } from "./openapi.ts";
import { refusalCodes, refusalOf } from "./refusal.ts";
import { createApp } from "./shell/app.ts";

const document = openApiDocument(["https://in.shop.example"]);
const app = createApp("", () => {
  throw new Error("no request is made");
});

/** `GET /v1/projects/{key}/settings` and so on, as the app would answer. */
function routesOfApp(): readonly string[] {
  const own = app.routes.filter(({ method }) => method !== "ALL");
  return own.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
}

function operations(): readonly (readonly [name: string, operation: JsonObject])[] {
  return Object.entries(document["paths"] as Record<string, Record<string, JsonObject>>).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
  );
}

test("W35: every route of the edge is in the API document, and every operation there is a route", () => {
  const written = operations().map(([name]) => name);
  expect(written.toSorted()).toEqual(routesOfApp().toSorted());
  expect(written).toContain("POST /v1/batch");
  expect(written).toContain("GET /v1/projects/{key}/settings");
  expect(new Set(written).size).toBe(written.length);
});

test("W35: the document is OpenAPI 3.1: operations have distinct ids and replies, references lead somewhere, path parameters are declared", () => {
  expect(document).toMatchObject({
    openapi: "3.1.0",
    info: { title: "Sluice ingest", version: "1" },
  });
  expect(document["servers"]).toEqual([{ url: "https://in.shop.example" }]);
  expect(openApiDocument([])).not.toHaveProperty("servers");
  const ids = operations().map(([, operation]) => operation["operationId"]);
  expect(new Set(ids).size).toBe(ids.length);
  for (const [name, operation] of operations()) {
    expect(Object.keys(operation["responses"] as JsonObject), name).toContain("200");
    const declared = (operation["parameters"] ?? []) as readonly JsonObject[];
    for (const [, parameter] of name.matchAll(/\{(\w+)\}/g)) {
      expect(
        declared.some((one) => one["name"] === parameter && one["in"] === "path" && one["required"] === true),
      ).toBe(true);
    }
  }
  for (const reference of referencesIn(document)) expect(at(document, reference), reference).toBeDefined();
});

test("W35: the document names every reason, every code, and every status with its codes", () => {
  const { Rejected, IngestError } = (document["components"] as JsonObject)["schemas"] as Record<string, JsonObject>;
  expect(Rejected).toMatchObject({ properties: { reason: { enum: rejectReasons } } });
  expect(IngestError).toMatchObject({ properties: { code: { enum: refusalCodes } } });
  const [, batch] = operations().find(([name]) => name === "POST /v1/batch") ?? [];
  const responses = batch?.["responses"] as Record<string, { readonly description: string }>;
  for (const code of refusalCodes.filter((one) => one !== "not_found")) {
    expect(responses[String(refusalOf(code).status)]?.description, code).toContain(code);
  }
});

function referencesIn(value: Json): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === "$ref" ? [String(inner)] : referencesIn(inner as Json),
  );
}

function at(root: Json, reference: string): Json | undefined {
  const path = reference.replace(/^#\//, "").split("/");
  return path.reduce<Json | undefined>((value, name) => (value as JsonObject | undefined)?.[name], root);
}
