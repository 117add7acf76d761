import type { JsonObject } from "@sluice/schema";
import { functions } from "./adhoc/measure.ts";
import { operators } from "./adhoc/filter.ts";
import { intervals } from "./local-period.ts";
import { declaredFunctions } from "./declared/declaration.ts";
import { behaviourSchemas } from "./behaviour/schemas.ts";
import { anyObject, count, decimal, instant, list, map, nullable, object, ref, text } from "./schema-parts.ts";

/*
 * JSON Schemas (draft 2020-12, as OpenAPI 3.1 has them) of questions and answers of the query API. Tests check real answers by them.
 */
const path: JsonObject = {
  description:
    'A column of the lake, `actor`, or a path such as `properties.plan`; a list (["properties","a.b"]) for keys with dots.',
  anyOf: [text, list(text)],
};
const scalar: JsonObject = { type: ["string", "number", "boolean"] };

const adhoc: Record<string, JsonObject> = {
  AdhocFilter: object(
    {
      field: path,
      op: { enum: operators },
      value: { anyOf: [scalar, { type: "array", items: scalar, maxItems: 200 }] },
    },
    ["value"],
  ),
  AdhocMeasure: object(
    { fn: { enum: functions }, field: path, name: text, p: { type: "number", minimum: 0, maximum: 1 } },
    ["field", "name", "p"],
  ),
  AdhocQuestion: object(
    {
      from: { ...text, description: "First day of the time zone (YYYY-MM-DD), or an instant in ISO 8601; inclusive." },
      to: { ...text, description: "Likewise, exclusive; at most 400 days later." },
      timezone: { ...text, default: "UTC", description: "IANA name." },
      interval: { enum: intervals, description: "Length of a bucket; the whole range is one when absent." },
      filters: { type: "array", items: ref("AdhocFilter"), maxItems: 20 },
      groupBy: { type: "array", items: path, maxItems: 5 },
      measures: { type: "array", items: ref("AdhocMeasure"), minItems: 1, maxItems: 10 },
      orderBy: { ...text, description: "Name of a measure, or group; with - before it, descending." },
      limit: { type: "integer", minimum: 1, maximum: 10_000, default: 1_000 },
    },
    ["timezone", "interval", "filters", "groupBy", "measures", "orderBy", "limit"],
  ),
  AdhocRow: object(
    {
      bucket: text,
      group: list({ type: ["string", "null"] }),
      values: list({ type: ["integer", "string", "null"], description: "Counts are numbers, all else is text." }),
    },
    ["bucket"],
  ),
  AdhocAnswer: object({
    project: text,
    from: instant,
    to: instant,
    timezone: text,
    interval: { enum: [...intervals, null] },
    groupBy: list(text),
    measures: list(text),
    rows: list(ref("AdhocRow")),
    groups: { ...count, description: "How many there are, before limit." },
    truncated: { type: "boolean" },
    scanned: ref("ScanCost"),
  }),
  ScanCost: object({ files: count, rowGroups: count, rows: count, bytes: count }),
};

const liveFlag: JsonObject = {
  type: "boolean",
  description: "Whether events that were not rolled up at `asOf` are in the days that were still open.",
};

const kpis: Record<string, JsonObject> = {
  KpiRatio: object({ numerator: count, denominator: count, value: { type: ["number", "null"] } }),
  KpiMoneyRatio: object({ numerator: decimal, denominator: count, value: nullable(decimal) }),
  KpiMoneyQuotient: object({ numerator: decimal, denominator: decimal, value: nullable(decimal) }),
  KpiValue: {
    description: "count: a number; money, money ratio and money quotient: by currency; ratio: one.",
    anyOf: [count, ref("KpiRatio"), map(decimal), map(ref("KpiMoneyRatio")), map(ref("KpiMoneyQuotient"))],
  },
  KpiPrevious: object(
    {
      start: text,
      value: ref("KpiValue"),
      difference: { anyOf: [{ type: "integer" }, map(decimal)] },
      ratio: ref("KpiRatio"),
    },
    ["difference", "ratio"],
  ),
  KpiBucket: object(
    { start: text, complete: { type: "boolean" }, value: ref("KpiValue"), previous: ref("KpiPrevious") },
    ["previous"],
  ),
  KpiGroup: object({ group: nullable(text), buckets: list(ref("KpiBucket")) }),
  KpiSeries: object(
    {
      ...{ version: count, unit: text, asOf: instant, live: liveFlag, buckets: list(ref("KpiBucket")) },
      ...{ groups: list(ref("KpiGroup")), groupsLeftOut: count },
    },
    ["groups", "groupsLeftOut"],
  ),
  KpiAnswer: object({
    ...{ project: text, interval: { enum: ["hour", "day", "week", "month"] }, timezone: text, tzdata: text },
    ...{ from: text, to: text, asOf: instant, live: liveFlag, metrics: map(ref("KpiSeries")) },
  }),
};

const amount: JsonObject = { type: ["integer", "string", "null"], description: "A count; a decimal as text." };
const declared: Record<string, JsonObject> = {
  DeclaredKpi: {
    type: "object",
    required: ["kpi", "version", "fn"],
    properties: { kpi: text, version: count, fn: { enum: declaredFunctions } },
    additionalProperties: {},
    description: "As declared: fn, field, p, money, filters, breakdown, bots; of a ratio numerator and denominator.",
  },
  DeclaredKpis: object({ project: text, kpis: list(ref("DeclaredKpi")) }),
  DeclaredRatio: object({ numerator: amount, denominator: amount, value: nullable(decimal) }),
  DeclaredBucket: object({
    ...{ start: text, complete: { type: "boolean" } },
    value: {
      description: "count and decimal: one; ratio: one; money and money ratio: by currency.",
      anyOf: [amount, ref("DeclaredRatio"), map(amount), map(ref("DeclaredRatio"))],
    },
  }),
  DeclaredGroup: object({ group: nullable(text), buckets: list(ref("DeclaredBucket")) }),
  DeclaredAnswer: object(
    {
      ...{ project: text, kpi: ref("DeclaredKpi"), version: count, timezone: text, tzdata: text },
      ...{ interval: { enum: ["day", "week", "month"] }, from: text, to: text, asOf: instant },
      ...{ complete: { type: "boolean" }, unit: { enum: ["count", "decimal", "money", "ratio", "money ratio"] } },
      ...{ buckets: list(ref("DeclaredBucket")), groups: list(ref("DeclaredGroup")), groupsLeftOut: count },
      scanned: { ...nullable(ref("ScanCost")), description: "null where roll-ups or marts held the numbers." },
    },
    ["groups", "groupsLeftOut"],
  ),
};

const costPlace: Record<string, JsonObject> = {
  day: { ...text, format: "date", description: "A local day: it counts as that day in every time zone." },
  ...{ campaign: text, source: text, medium: text },
};

const costs: Record<string, JsonObject> = {
  CostUpload: object({
    rows: {
      type: "array",
      minItems: 1,
      maxItems: 2_000,
      items: object(
        {
          ...costPlace,
          currency: { ...text, pattern: "^[A-Z]{3}$", description: "The project's when absent." },
          cost: { type: ["string", "number"], description: "From 0 to below 1,000,000,000; six digits are kept." },
        },
        ["source", "medium", "currency"],
      ),
    },
  }),
  CostsStored: object({
    ...{ project: text, rows: count },
    changed: { ...count, description: "Rows that are new, or state another cost than before." },
  }),
  Cost: object({ ...costPlace, currency: text, cost: decimal }),
  Costs: object({ project: text, costs: list(ref("Cost")), cursor: nullable(text) }),
};

const lists: Record<string, JsonObject> = {
  CatalogueProperty: object(
    {
      name: text,
      kinds: list({ enum: ["text", "number", "boolean", "object", "list", "null"] }),
      seen: count,
      samples: list(text),
    },
    ["samples"],
  ),
  CatalogueEvent: object({
    ...{ type: text, event: { type: ["string", "null"] }, count, bots: count, firstSeen: instant, lastSeen: instant },
    examined: { ...count, description: "Rows whose properties were looked at, at most 200." },
    properties: list(ref("CatalogueProperty")),
  }),
  EventCatalogue: object({
    ...{ project: text, from: instant, to: instant, events: list(ref("CatalogueEvent")), total: count },
    ...{ cursor: { type: ["string", "null"] }, scanned: ref("ScanCost") },
  }),
  TimelineEntry: object({
    ...{ time: instant, messageId: text, type: text, isBot: { type: "boolean" }, source: text },
    ...Object.fromEntries(
      ["event", "name", "userId", "anonymousId", "sessionId", "pageUrl", "revenue", "currency"].map((name) => [
        name,
        { type: ["string", "null"] },
      ]),
    ),
    properties: nullable(anyObject),
  }),
  UserProfile: object({
    ...{ events: count, firstSeen: nullable(instant), lastSeen: nullable(instant), names: map(count) },
    ...{ revenue: map(decimal), traits: anyObject, latest: nullable(map({ type: ["string", "null"] })) },
  }),
  UserAnswer: object({
    ...{
      project: text,
      user: text,
      ids: list(text),
      anonymousIds: list(text),
      from: instant,
      to: instant,
      linksAsOf: instant,
    },
    ...{ profile: ref("UserProfile"), timeline: list(ref("TimelineEntry")), cursor: { type: ["string", "null"] } },
    scanned: ref("ScanCost"),
  }),
};

const counts: Record<string, JsonObject> = {
  ...{ received: count, stored: count, duplicate: count, rejected: count, inFlight: count },
  ...{ suspectedLost: nullable(count), missingMessages: count },
};

const flow: Record<string, JsonObject> = {
  LedgerCounts: object(counts),
  LedgerRow: object({ source: text, hour: instant, ...counts }),
  Ledger: object({
    ...{ project: text, from: instant, to: instant, asOf: instant, rows: list(ref("LedgerRow")) },
    ...{ totals: ref("LedgerCounts"), unpublished: count },
  }),
  Receipt: {
    type: "object",
    required: ["messageId", "status"],
    properties: { messageId: text, status: { enum: ["stored", "pending", "duplicate", "rejected", "unknown"] } },
    additionalProperties: {},
  },
};

const live: Record<string, JsonObject> = {
  LiveCount: object({ name: text, events: count }),
  LiveMinute: object({ start: instant, events: count, activeUsers: count }),
  LiveAnswer: object({
    ...{
      project: text,
      asOf: instant,
      from: instant,
      complete: { type: "boolean" },
      events: count,
      activeUsers: count,
    },
    ...{ minutes: list(ref("LiveMinute")), bySource: list(ref("LiveCount")), byName: list(ref("LiveCount")) },
  }),
  LiveEvent: {
    type: "object",
    required: ["outcome"],
    properties: { outcome: { enum: ["stored", "rejected"] } },
    additionalProperties: {},
    description: "Columns of the lake: of events, or of rejected events with their reason.",
  },
  LiveEvents: object({ project: text, asOf: instant, events: list(ref("LiveEvent")), leftOut: count, cursor: text }),
};

/** Every schema of the API document, by name. */
export const querySchemas: Readonly<Record<string, JsonObject>> = {
  ...adhoc,
  ...kpis,
  ...costs,
  ...declared,
  ...behaviourSchemas,
  ...lists,
  ...flow,
  ...live,
  Health: object({ ok: { const: true } }),
  Document: anyObject,
  Problem: {
    ...object({ type: text, title: text, status: count, detail: text, parameter: text }, ["parameter"]),
    description: "RFC 9457; parameter names what is wrong, detail says what it may be.",
  },
};
