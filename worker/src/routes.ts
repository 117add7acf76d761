import { type EventType, eventTypes } from "@sluice/schema";
import { callNames } from "./call.ts";

/** What a route does; the shell has a handler for each. */
export type RouteKind =
  | "ingest"
  | "segmentPixel"
  | "rudderPixel"
  | "clientMetrics"
  | "settings"
  | "sourceConfig"
  | "sdkFile"
  | "health"
  | "eventSchema"
  | "openapi"
  | "counters"
  | "metrics"
  | "drain";

/** One route of the edge. */
export interface Route {
  readonly method: "GET" | "POST";
  /** With parameters as `:name`. */
  readonly path: string;
  readonly kind: RouteKind;
  /** The call that its events are for, by the names of `callOf`; "" for routes that take none. */
  readonly call: string;
  /** One sentence for the API document. */
  readonly summary: string;
}

const pixelTypes: readonly EventType[] = ["track", "page"];

/** Every route of the edge, once. The app and the API document are both made of it. */
export const routes: readonly Route[] = [
  ...callNames.map((call): Route => post(`/v1/${call}`, "ingest", call, ingestSummary(call))),
  post(
    "/beacon/v1/batch",
    "ingest",
    "batch",
    "Takes a batch from RudderStack's beacon, with the write key in the query.",
  ),
  ...pixelTypes.map((type): Route => {
    return post(`/pixel/v1/${type}`, "ingest", type, `Takes one ${type} event, as /v1/${type} does.`);
  }),
  ...pixelTypes.map((type): Route => {
    return get(`/pixel/v1/${type}`, "rudderPixel", type, `RudderStack's pixel: one ${type} event in the query.`);
  }),
  ...eventTypes.map((type): Route => {
    return get(`/v1/pixel/${type}`, "segmentPixel", type, `Segment's pixel: one ${type} event, base64, in the query.`);
  }),
  post("/v1/m", "clientMetrics", "", "Takes the metrics of Segment's SDKs, which are counted and ignored."),
  get("/v1/projects/:key/settings", "settings", "", "The settings that Segment's SDKs ask for at start."),
  get("/sourceConfig", "sourceConfig", "", "The source configuration that RudderStack's SDKs ask for at start."),
  get("/sourceConfig/", "sourceConfig", "", "The source configuration that RudderStack's SDKs ask for at start."),
  get("/sluice.js", "sdkFile", "", "The web SDK."),
  get("/s/:name", "sdkFile", "", "The web SDK under any name; under its hash it may be cached for a year."),
  get("/v1/health", "health", "", "Whether the edge answers."),
  get("/v1/schema", "eventSchema", "", "JSON Schema of an event."),
  get("/v1/openapi.json", "openapi", "", "This document."),
  get("/v1/internal/counters", "counters", "", "Counters of the isolate that answers."),
  get("/v1/internal/metrics", "metrics", "", "The same in Prometheus' text format."),
  post("/v1/internal/drain", "drain", "", "Refuses events from now on; in the local pipeline only."),
];

function get(path: string, kind: RouteKind, call: string, summary: string): Route {
  return { method: "GET", path, kind, call, summary };
}

function post(path: string, kind: RouteKind, call: string, summary: string): Route {
  return { method: "POST", path, kind, call, summary };
}

function ingestSummary(call: string): string {
  return ["batch", "b", "import"].includes(call)
    ? "Takes a batch of events."
    : "Takes one event, whose type the path states.";
}
