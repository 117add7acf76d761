import type { JsonObject } from "@sluice/schema";
import type { PublicRoute, RouteParameter } from "../query-routes.ts";

/*
 * The public routes of behavioural KPIs, for the API document.
 */
const text: JsonObject = { type: "string" };
const day: JsonObject = { type: "string", format: "date" };
const all = ["day", "week", "month"] as const;

function query(name: string, schema: JsonObject, description: string): RouteParameter {
  return { name, in: "query", required: false, schema, description };
}

function count(name: string, fallback: number, max: number, description: string): RouteParameter {
  return query(name, { type: "integer", minimum: 1, maximum: max, default: fallback }, description);
}

function path(name: string, description: string): RouteParameter {
  return { name, in: "path", required: true, schema: text, description };
}

const event = "event:NAME, page:PATH or screen:NAME";
const conversion = query(
  "conversion",
  { ...text, default: "event:Order Completed" },
  `What counts as converted: ${event}.`,
);
const project = query("project", text, "Must be the token's own project; for callers that want to be sure.");

function range(intervals: readonly string[]): readonly RouteParameter[] {
  return [
    { ...query("from", day, "First local day, inclusive."), required: true },
    { ...query("to", day, "Last local day, exclusive; at most 400 days after from."), required: true },
    query("interval", { enum: intervals, default: "day" }, "Length of a period; from and to must begin one."),
    query("timezone", text, "IANA zone; the project's when absent."),
    project,
  ];
}

function route(
  at: string,
  operationId: string,
  answer: string,
  summary: string,
  parameters: readonly RouteParameter[],
): PublicRoute {
  const fixed = { method: "GET", scope: "kpis", body: null, contentTypes: ["application/json"] } as const;
  return { ...fixed, path: at, operationId, answer, summary, parameters };
}

/** Every public route of behavioural KPIs. */
export const behaviourPublicRoutes: readonly PublicRoute[] = [
  route("/v1/sessions", "getSessions", "SessionAnswer", "Sessions, their duration, pages and bounces.", range(all)),
  route("/v1/funnels", "getFunnels", "FunnelList", "The project's declared funnels.", [project]),
  route("/v1/funnels/:funnel", "getFunnel", "FunnelAnswer", "How users went through a declared funnel.", [
    path("funnel", "Name of the funnel."),
    ...range(all),
  ]),
  route("/v1/retention", "getRetention", "RetentionAnswer", "How many users came back, by cohort.", [
    ...range(["day", "week"]),
    query(
      "mode",
      { enum: ["exact", "unbounded", "bounded"], default: "exact" },
      "In period n, in n or later, or within ranges.",
    ),
    count("periods", 31, 400, "Periods told, for exact and unbounded."),
    query("ranges", text, "Ranges of periods for bounded, such as 1-7,8-14."),
    query("cohort", text, `First of these instead of the first activity: ${event}.`),
    query("return", text, `One of these instead of any activity: ${event}.`),
  ]),
  route("/v1/paths", "getPaths", "PathAnswer", "What followed what within sessions.", [
    ...range(["day"]),
    query("by", { enum: ["page", "event"], default: "page" }, "Pages and screens, or all events by name."),
    query("after", text, "Only what followed this."),
    query("before", text, "Only what preceded this."),
    count("limit", 20, 500, "Transitions listed."),
  ]),
  route("/v1/experiments/:experiment", "getExperiment", "ExperimentAnswer", "Variants of an experiment, compared.", [
    path("experiment", "experiment_id of its exposures."),
    ...range(["day"]),
    conversion,
    query("control", text, "variation_id of the control; the first by name when absent."),
  ]),
  route("/v1/attribution", "getAttribution", "AttributionAnswer", "Conversions by first and last touch.", [
    ...range(["day"]),
    conversion,
  ]),
  route("/v1/campaigns", "getCampaigns", "CampaignAnswer", "What campaigns showed, cost and brought.", range(["day"])),
  route("/v1/ltv", "getLifetimeValue", "LifetimeValueAnswer", "Revenue of cohorts by days since their first.", [
    ...range(all),
    count("days", 30, 400, "Days since the first one that are told."),
  ]),
];
