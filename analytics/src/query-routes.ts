import type { JsonObject } from "@sluice/schema";
import { behaviourPublicRoutes } from "./behaviour/public-routes.ts";
import { exportFormats } from "./export-question.ts";
import { intervals } from "./local-period.ts";
import { metricNames } from "./metrics.ts";
import type { ReadScope } from "./read-scope.ts";

/** A parameter in the path or the query. */
export interface RouteParameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly required: boolean;
  readonly schema: JsonObject;
  readonly description: string;
}

/** One public route of the query API. The API document and the typed client are made of this table; a test holds the app to it. */
export interface PublicRoute {
  readonly method: "GET" | "POST";
  /** With parameters as `:name`. */
  readonly path: string;
  /** Name of the client's method. */
  readonly operationId: string;
  /** What the read token must cover; `null` for routes that need none. */
  readonly scope: ReadScope | null;
  readonly summary: string;
  readonly parameters: readonly RouteParameter[];
  /** Name of the schema of the request's body. */
  readonly body: string | null;
  /** Name of the schema of the answer; `null` for a stream of bytes. */
  readonly answer: string | null;
  /** Content types of the answer. */
  readonly contentTypes: readonly string[];
}

const day: JsonObject = { type: "string", format: "date" };
const text: JsonObject = { type: "string" };

const project = query("project", text, "Must be the token's own project; for callers that want to be sure.");
const cursor = query("cursor", text, "Where the page begins: the cursor of the page before.");

function hours(isRequired: boolean, absent: string): readonly RouteParameter[] {
  const form = "a day YYYY-MM-DD or a full hour YYYY-MM-DDTHH:00Z, UTC";
  return [
    { ...query("from", text, `First hour, inclusive: ${form}.${absent}`), required: isRequired },
    { ...query("to", text, `Last hour, exclusive: ${form}.`), required: isRequired },
  ];
}

function limit(fallback: number, max: number): RouteParameter {
  const schema = { type: "integer", minimum: 1, maximum: max, default: fallback };
  return query("limit", schema, "Entries of a page.");
}

function query(name: string, schema: JsonObject, description: string): RouteParameter {
  return { name, in: "query", required: false, schema, description };
}

function path(name: string, description: string): RouteParameter {
  return { name, in: "path", required: true, schema: text, description };
}

const json = ["application/json"];

/** Every public route of the query API, once. */
export const publicRoutes: readonly PublicRoute[] = [
  {
    ...{ method: "GET", path: "/v1/kpis", operationId: "getKpis", scope: "kpis", body: null, answer: "KpiAnswer" },
    summary: "KPIs by local hour, day, week or month, from roll-ups and marts.",
    parameters: [
      { ...query("metrics", text, `Comma-separated names out of ${metricNames.join(", ")}.`), required: true },
      { ...query("from", day, "First local day, inclusive."), required: true },
      { ...query("to", day, "Last local day, exclusive; at most 400 days after from, 31 by hour."), required: true },
      query("interval", { enum: intervals, default: "day" }, "Length of a bucket; from and to begin weeks and months."),
      query("timezone", text, "IANA name of the zone whose days the buckets are; the project's when absent."),
      query("breakdown", text, "event, or a dimension that the project declares."),
      query("compare", { enum: ["previous", "week"] }, "The period before, or the same day a week before."),
      query("conversion", text, "What cpa counts, event:NAME; event:Order Completed when absent."),
      query("bots", { enum: ["exclude", "include"], default: "exclude" }, "Whether bots count as users."),
      project,
    ],
    contentTypes: json,
  },
  {
    ...{ method: "POST", path: "/v1/costs", operationId: "uploadCosts", scope: "costs", body: "CostUpload" },
    answer: "CostsStored",
    summary:
      "Stores what campaigns cost by local day. A row takes the place of the one of the same day, campaign, source, medium and currency, " +
      "so that an upload may be repeated. Either all rows are stored or none.",
    parameters: [project],
    contentTypes: json,
  },
  {
    ...{ method: "GET", path: "/v1/costs", operationId: "listCosts", scope: "kpis", body: null, answer: "Costs" },
    summary: "Uploaded costs, by day, campaign, source, medium and currency.",
    parameters: [
      { ...query("from", day, "First day, inclusive."), required: true },
      { ...query("to", day, "Last day, exclusive; at most 400 days after from."), required: true },
      ...[cursor, project],
    ],
    contentTypes: json,
  },
  ...behaviourPublicRoutes,
  {
    ...{ method: "GET", path: "/v1/declared", operationId: "listDeclaredKpis", scope: "kpis", body: null },
    answer: "DeclaredKpis",
    summary: "The KPIs that the project declares.",
    parameters: [project],
    contentTypes: json,
  },
  {
    ...{ method: "GET", path: "/v1/declared/:kpi", operationId: "getDeclaredKpi", scope: "kpis", body: null },
    answer: "DeclaredAnswer",
    summary:
      "One declared KPI by local day, week or month, from roll-ups and marts where they hold it, else from the lake.",
    parameters: [
      path("kpi", "Name of a declared KPI."),
      { ...query("from", day, "First local day, inclusive."), required: true },
      { ...query("to", day, "Last local day, exclusive; at most 400 days after from."), required: true },
      query("interval", { enum: ["day", "week", "month"], default: "day" }, "Length of a bucket."),
      query("timezone", text, "IANA zone; the project's when absent."),
      project,
    ],
    contentTypes: json,
  },
  {
    ...{ method: "POST", path: "/v1/query", operationId: "query", scope: "events", body: "AdhocQuestion" },
    answer: "AdhocAnswer",
    summary: "An aggregation over the lake, within a budget of files, bytes and time.",
    parameters: [project],
    contentTypes: json,
  },
  {
    ...{
      method: "GET",
      path: "/v1/events",
      operationId: "getEvents",
      scope: "events",
      body: null,
      answer: "EventCatalogue",
    },
    summary:
      "The events of a range: names, volume, first and last seen, properties with kinds and, with the scope users, samples.",
    parameters: [
      ...hours(false, " The last 7 days when absent; at most 92."),
      query("event", text, "Only the track event of this name."),
      ...[limit(100, 500), cursor, project],
    ],
    contentTypes: json,
  },
  {
    ...{
      method: "GET",
      path: "/v1/users/:id",
      operationId: "getUser",
      scope: "users",
      body: null,
      answer: "UserAnswer",
    },
    summary:
      "What is known of one user, and their events, newest first. Follows identity links as far as they are rolled up.",
    parameters: [
      path("id", "A user id or an anonymous id."),
      ...hours(false, " The last 30 days when absent; at most 400."),
      ...[limit(100, 500), cursor, project],
    ],
    contentTypes: json,
  },
  {
    ...{ method: "GET", path: "/v1/export", operationId: "getExport", scope: "export", body: null, answer: null },
    summary:
      "Rows of whole hours, streamed, a page of at most 200 files and 64 MB of Parquet at a time (of one file in the format parquet). " +
      "The header Sluice-Cursor, and Link with rel=next, lead to the next page; the last one has neither.",
    parameters: [
      ...hours(true, " At most 400 days."),
      query("dataset", { enum: ["events", "rejected"], default: "events" }, "What to export."),
      query(
        "format",
        { enum: exportFormats, default: "ndjson" },
        "CSV puts an apostrophe before texts that could be formulas.",
      ),
      query("columns", text, "Comma-separated columns, for ndjson and csv; all when absent."),
      ...[cursor, project],
    ],
    contentTypes: ["application/x-ndjson", "text/csv", "application/vnd.apache.parquet"],
  },
  {
    ...{ method: "GET", path: "/v1/ledger", operationId: "getLedger", scope: "kpis", body: null, answer: "Ledger" },
    summary: "What came in and what became of it, by source and hour of receipt.",
    parameters: [...hours(true, " At most 31 days."), query("source", text, "Only this source."), project],
    contentTypes: json,
  },
  {
    ...{ method: "GET", path: "/v1/receipts/:messageId", operationId: "getReceipt", scope: "events", body: null },
    answer: "Receipt",
    summary: "What became of one event.",
    parameters: [
      path("messageId", "The event's message id."),
      query("time", text, "The event's time, for ids that do not state their birth."),
      query("receipt", text, "Ask for the copy of this request."),
      query("keyKind", { enum: ["public", "server"] }, "Ask for the event of this kind of key."),
      project,
    ],
    contentTypes: json,
  },
  {
    ...{ method: "GET", path: "/v1/live", operationId: "getLive", scope: "kpis", body: null, answer: "LiveAnswer" },
    summary: "Events and active users of the last 30 minutes, by minute of receipt.",
    parameters: [project],
    contentTypes: json,
  },
  {
    ...{ method: "GET", path: "/v1/live/events", operationId: "listLiveEvents", scope: "users", body: null },
    answer: "LiveEvents",
    summary: "The last events and rejects of each source, or those since the cursor of an earlier answer.",
    parameters: [
      query("source", text, "Only this source."),
      limit(100, 100),
      query("after", text, "The cursor of an earlier answer."),
      project,
    ],
    contentTypes: json,
  },
  {
    ...{ method: "GET", path: "/v1/health", operationId: "getHealth", scope: null, body: null, answer: "Health" },
    summary: "Whether the API answers.",
    parameters: [],
    contentTypes: json,
  },
  {
    ...{
      method: "GET",
      path: "/v1/openapi.json",
      operationId: "getOpenApi",
      scope: null,
      body: null,
      answer: "Document",
    },
    summary: "This document.",
    parameters: [],
    contentTypes: json,
  },
];
