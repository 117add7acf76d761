import { batchEventsMax, type Json, type JsonObject, rejectReasons, writeKeyLengthMax } from "@sluice/schema";
import { eventSchema } from "./event-schema.ts";
import { prometheusContentType } from "./prometheus.ts";
import { type RefusalCode, refusalCodes, refusalOf } from "./refusal.ts";
import { type Route, type RouteKind, routes } from "./routes.ts";

/**
 * The OpenAPI 3.1 description of the edge (https://spec.openapis.org/oas/v3.1.0), made of the same table as its routes, of its closed
 * sets of reasons and codes, and of the limits that the code uses.
 *
 * @param serverUrls the configured public addresses.
 */
export function openApiDocument(serverUrls: readonly string[]): JsonObject {
  return {
    openapi: "3.1.0",
    info: {
      title: "Sluice ingest",
      version: "1",
      summary: "Takes events from SDKs of Sluice, Segment and RudderStack.",
      description:
        "Bodies are JSON or one gzip member of JSON, told apart by their bytes; Content-Type and Content-Encoding are not looked at. " +
        "A write key is taken from Basic authorization, else from the body's writeKey, else from ?writeKey=.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    ...(serverUrls.length > 0 && { servers: serverUrls.map((url) => ({ url })) }),
    paths: paths(),
    components: {
      schemas: schemas(),
      securitySchemes: {
        writeKey: { type: "http", scheme: "basic", description: "The write key as user name, no password." },
        writeKeyInQuery: { type: "apiKey", in: "query", name: "writeKey" },
        operator: { type: "http", scheme: "bearer" },
      },
    },
  };
}

function paths(): JsonObject {
  const byPath = new Map<string, Record<string, Json>>();
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, "{$1}");
    const item = byPath.get(path) ?? {};
    item[route.method.toLowerCase()] = operation(route);
    byPath.set(path, item);
  }
  return Object.fromEntries(byPath);
}

function operation(route: Route): JsonObject {
  const { parameters, requestBody, security, success, refusals } = describe(route);
  const words = route.path.split("/").map((part) => part.replaceAll(/\W/g, "_"));
  return {
    operationId: `${route.method.toLowerCase()}${words.join("_")}`,
    summary: route.summary,
    tags: [route.path.startsWith("/v1/internal/") ? "operator" : "public"],
    ...(parameters !== undefined && { parameters }),
    ...(requestBody !== undefined && { requestBody }),
    security,
    responses: { "200": success, ...refusalResponses(refusals) },
  };
}

/** What differs between kinds of routes. */
interface Description {
  readonly parameters?: readonly Json[];
  readonly requestBody?: JsonObject;
  readonly security: readonly JsonObject[];
  readonly success: JsonObject;
  readonly refusals: readonly RefusalCode[];
}

const ingestRefusals: readonly RefusalCode[] = refusalCodes.filter((code) => code !== "not_found");
const writeKeyAnywhere: readonly JsonObject[] = [{ writeKey: [] }, { writeKeyInQuery: [] }, {}];
const open: readonly JsonObject[] = [{}];

function describe({ kind, call, path }: Route): Description {
  const operator = { security: [{ operator: [] }], refusals: ["not_found"] as const };
  switch (kind) {
    case "ingest":
      return {
        requestBody: { required: true, content: bodyContent(call) },
        security: writeKeyAnywhere,
        success: json("Every event has its verdict; what is not listed as rejected is durable.", ref("IngestReply")),
        refusals: ingestRefusals,
      };
    case "segmentPixel":
    case "rudderPixel":
      return {
        parameters: pixelParameters(kind),
        security: kind === "rudderPixel" ? [{ writeKeyInQuery: [] }] : open,
        success: { description: "A 1×1 image, also with every refusal.", content: { "image/gif": {} } },
        refusals: ingestRefusals,
      };
    case "settings": {
      const key = { name: "key", in: "path", required: true, schema: writeKeySchema };
      return {
        parameters: [key],
        security: open,
        success: json("Where to send to.", { type: "object" }),
        refusals: ["unknown_write_key", "not_configured"],
      };
    }
    case "sourceConfig":
      return {
        security: writeKeyAnywhere,
        success: json("A source without destinations.", { type: "object" }),
        refusals: ["missing_write_key", "unknown_write_key", "not_configured"],
      };
    case "clientMetrics":
      return { security: open, success: json("Ignored.", { type: "object" }), refusals: [] };
    case "counters":
      return { ...operator, success: json("The counters.", { type: "object" }) };
    case "drain":
      return { ...operator, success: json("Drained; the counters.", { type: "object" }) };
    case "metrics":
      return { ...operator, success: { description: "The metrics.", content: { [prometheusContentType]: {} } } };
    case "sdkFile": {
      const name = { name: "name", in: "path", required: true, schema: { type: "string" } };
      return {
        ...(path.includes(":name") && { parameters: [name] }),
        security: open,
        success: { description: "The script.", content: { "text/javascript": {} } },
        refusals: [],
      };
    }
    case "health":
    case "eventSchema":
    case "openapi":
      return { security: open, success: json("The document.", { type: "object" }), refusals: [] };
  }
}

function bodyContent(call: string): JsonObject {
  const isBatch = ["batch", "b", "import"].includes(call);
  const schema = isBatch ? ref("Batch") : { description: "An event without type takes the path's.", type: "object" };
  return { "application/json": { schema }, "text/plain": { schema }, "application/gzip": {} };
}

function pixelParameters(kind: RouteKind): readonly Json[] {
  if (kind === "segmentPixel") {
    return [{ name: "data", in: "query", required: true, schema: { type: "string", contentEncoding: "base64" } }];
  }
  const fields = { type: "object", additionalProperties: { type: "string" } };
  return [{ name: "fields", in: "query", style: "form", explode: true, schema: fields }];
}

/** The refusals of an operation by status, each with its codes. */
function refusalResponses(codes: readonly RefusalCode[]): JsonObject {
  const byStatus = new Map<number, RefusalCode[]>();
  for (const code of codes)
    byStatus.set(refusalOf(code).status, [...(byStatus.get(refusalOf(code).status) ?? []), code]);
  const retryAfter = { "Retry-After": { description: "Whole seconds.", schema: { type: "integer" } } };
  const entries = [...byStatus].map(([status, ofStatus]): [string, Json] => {
    const content = { "application/json": { schema: ref("IngestError") } };
    const hasRetry = ofStatus.some((code) => refusalOf(code).retryAfterSeconds !== null);
    return [String(status), { description: ofStatus.join(", "), ...(hasRetry && { headers: retryAfter }), content }];
  });
  return Object.fromEntries(entries);
}

function json(description: string, schema: JsonObject): JsonObject {
  return { description, content: { "application/json": { schema } } };
}

function ref(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` };
}

const writeKeySchema: JsonObject = { type: "string", maxLength: writeKeyLengthMax };

function schemas(): JsonObject {
  const text = { type: "string" };
  const rejected = {
    type: "object",
    required: ["index", "messageId", "reason", "field", "message"],
    properties: {
      index: { type: "integer", minimum: 0 },
      messageId: { type: ["string", "null"] },
      reason: { enum: rejectReasons },
      field: text,
      message: text,
    },
  };
  return {
    Event: eventSchema(),
    Batch: {
      type: "object",
      required: ["batch"],
      properties: {
        writeKey: writeKeySchema,
        // Not each a good event: a bad one is rejected alone.
        batch: { type: "array", maxItems: batchEventsMax, items: { anyOf: [ref("Event"), {}] } },
        sentAt: text,
        clockOffsetMs: { type: "number" },
      },
    },
    Rejected: rejected,
    IngestReply: {
      type: "object",
      required: ["success", "accepted", "rejected", "serverTime"],
      properties: {
        success: { const: true },
        accepted: { type: "integer", minimum: 0 },
        rejected: { type: "array", items: ref("Rejected") },
        serverTime: { type: "string", format: "date-time" },
      },
    },
    IngestError: {
      type: "object",
      required: ["success", "code", "message"],
      properties: { success: { const: false }, code: { enum: refusalCodes }, message: text },
    },
  };
}
