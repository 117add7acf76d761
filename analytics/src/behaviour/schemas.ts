import type { JsonObject } from "@sluice/schema";
import { count, decimal, instant, list, map, nullable, object, ref, text } from "../schema-parts.ts";

/*
 * JSON Schemas of behavioural answers.
 */
const number: JsonObject = { type: "number" };
const integer: JsonObject = { type: "integer" };
const perhaps = nullable(number);
const counts = list(count);

/** What every behavioural answer says of itself. */
const envelope = {
  project: text,
  kpi: text,
  version: count,
  timezone: text,
  tzdata: text,
  interval: { enum: ["day", "week", "month"] },
  from: text,
  to: text,
  asOf: instant,
  complete: { type: "boolean" },
  incompleteFrom: nullable(text),
};

const ratio = object({ numerator: integer, denominator: count, value: perhaps });
const funnelCounts = {
  reached: counts,
  conversion: ref("BehaviourRatio"),
  timeToConvertMs: object({ p50: nullable(count), p90: nullable(count) }),
};
const proportions = { difference: perhaps, low: perhaps, high: perhaps, z: perhaps, pValue: perhaps };
const channel = { source: nullable(text), medium: nullable(text), campaign: nullable(text), referrer: nullable(text) };

/** Every schema of behavioural answers, by name. */
export const behaviourSchemas: Readonly<Record<string, JsonObject>> = {
  BehaviourRatio: ratio,
  SessionBucket: object({
    start: text,
    sessions: count,
    duration: ref("BehaviourRatio"),
    pagesPerSession: ref("BehaviourRatio"),
    bounceRate: ref("BehaviourRatio"),
    timeOnPage: ref("BehaviourRatio"),
  }),
  SessionAnswer: object({ ...envelope, buckets: list(ref("SessionBucket")) }),
  Funnel: object({ funnel: text, version: count, steps: list(text), windowHours: count, breakdown: nullable(text) }),
  FunnelList: object({ project: text, funnels: list(ref("Funnel")) }),
  FunnelSegment: object({ value: nullable(text), ...funnelCounts }),
  FunnelBucket: object({
    start: text,
    ...funnelCounts,
    segments: list(ref("FunnelSegment")),
    other: nullable(object(funnelCounts)),
  }),
  FunnelAnswer: object({ ...envelope, funnel: ref("Funnel"), buckets: list(ref("FunnelBucket")) }),
  RetentionMode: object({ kind: { enum: ["exact", "unbounded", "bounded"] }, count, ranges: list(counts) }, [
    "count",
    "ranges",
  ]),
  Cohort: object({ start: text, users: count, retained: counts }),
  RetentionAnswer: object({ ...envelope, mode: ref("RetentionMode"), cohorts: list(ref("Cohort")) }),
  Transition: object({ from: nullable(text), to: nullable(text), count }),
  PathAnswer: object({ ...envelope, by: text, sessions: count, transitions: list(ref("Transition")), total: count }),
  RateDifference: object(proportions),
  Variant: object({
    variant: text,
    users: count,
    converted: count,
    rate: perhaps,
    comparison: nullable(ref("RateDifference")),
  }),
  RatioCheck: object({ chiSquare: number, degreesOfFreedom: count, pValue: number }),
  ExperimentAnswer: object({
    ...envelope,
    experiment: text,
    control: nullable(text),
    variants: list(ref("Variant")),
    excludedUsers: count,
    sampleRatio: nullable(ref("RatioCheck")),
  }),
  Credit: object({ channel: nullable(object(channel)), conversions: count, revenue: map(decimal) }),
  AttributionAnswer: object({ ...envelope, firstTouch: list(ref("Credit")), lastTouch: list(ref("Credit")) }),
  CampaignMoney: object({
    ...{ cost: decimal, revenue: decimal, cpc: nullable(decimal), cpa: nullable(decimal) },
    ...{ cac: nullable(decimal), roas: nullable(decimal) },
  }),
  CampaignRow: object({
    ...{ campaign: nullable(text), impressions: count, clicks: count, ctr: perhaps, orders: count },
    ...{ newPayingUsers: count, byCurrency: map(ref("CampaignMoney")) },
  }),
  CampaignAnswer: object({ ...envelope, campaigns: list(ref("CampaignRow")) }),
  CohortValue: object({
    start: text,
    users: count,
    revenue: map(list(object({ total: decimal, perUser: decimal }))),
  }),
  LifetimeValueAnswer: object({ ...envelope, cohorts: list(ref("CohortValue")) }),
};
