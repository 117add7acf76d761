import { type Columns, compareText, type RowOf, type Row } from "@sluice/lake";
import { isObject, type Json, type JsonObject } from "@sluice/schema";
import { activeTypes } from "../metrics.ts";

/*
 * A step: one event of a user as behavioural KPIs see it. The mart `step` holds the steps of one UTC day, a plain
 * projection of the lake's events of that day; sessions, funnels, retention, paths, attribution and experiments are
 * folds over steps.
 */

/** Columns of the mart `step`: one row per track, page and screen event that is not flagged as bot. */
export const stepColumns = [
  { name: "anonymous_id", type: "string", nullable: true, about: "The device" },
  { name: "user_id", type: "string", nullable: true, about: "The user as the event stated it" },
  { name: "time", type: "timestamp", nullable: false, about: "Corrected event time" },
  { name: "message_id", type: "string", nullable: false, about: "Id of the event" },
  { name: "key_kind", type: "string", nullable: false, about: "`public` or `server`; the latter are in no session" },
  { name: "type", type: "string", nullable: false, about: "`track`, `page` or `screen`" },
  { name: "name", type: "string", nullable: true, about: "Name of the event, else of the page or screen" },
  { name: "page_path", type: "string", nullable: true, about: "Path of the page it happened on" },
  { name: "session_id", type: "string", nullable: true, about: "Session as the SDK stated it" },
  { name: "campaign_source", type: "string", nullable: true, about: "As in the event" },
  { name: "campaign_medium", type: "string", nullable: true, about: "Likewise" },
  { name: "campaign_name", type: "string", nullable: true, about: "Likewise" },
  {
    name: "referrer_host",
    type: "string",
    nullable: true,
    about: "Host of the referrer where it is another than that of the page",
  },
  { name: "revenue", type: "decimal", nullable: true, about: "As in the event" },
  { name: "currency", type: "string", nullable: true, about: "Likewise" },
  {
    name: "properties",
    type: "json",
    nullable: true,
    about: "Object of those properties that KPIs ask for, by name, as texts of at most 200 characters",
  },
] as const satisfies Columns;

/** One row of the mart `step`. Times are ms since 1970, UTC. */
export type Step = RowOf<typeof stepColumns>;

/** The columns of an event that its step is made from. */
export const stepSources = [
  "anonymous_id",
  "user_id",
  "time",
  "message_id",
  "key_kind",
  "type",
  "event",
  "name",
  "page_path",
  "page_url",
  "page_referrer",
  "session_id",
  "campaign_source",
  "campaign_medium",
  "campaign_name",
  "revenue",
  "currency",
  "properties",
  "is_bot",
] as const;

/** Names of the properties to keep, by name of the track event. */
export type KeptProperties = ReadonlyMap<string, readonly string[]>;

/** Characters kept of one property: values are compared and shown, not read. */
const propertyLengthMax = 200;

/** The step of an event, or `null` for one that makes nobody active. */
export function stepOf(row: Pick<Row, (typeof stepSources)[number]>, kept: KeptProperties): Step | null {
  if (row.is_bot || !(activeTypes as readonly string[]).includes(row.type)) return null;
  const { anonymous_id, user_id, time, message_id, key_kind, type, page_path, session_id, revenue, currency } = row;
  const { campaign_source, campaign_medium, campaign_name } = row;
  const name = type === "track" ? row.event : row.name;
  const wanted = type === "track" && name !== null ? kept.get(name) : undefined;
  return {
    anonymous_id,
    user_id,
    time,
    message_id,
    key_kind,
    type,
    name,
    page_path,
    session_id,
    campaign_source,
    campaign_medium,
    campaign_name,
    referrer_host: externalHost(row.page_referrer, row.page_url),
    revenue,
    currency,
    properties: wanted === undefined ? null : keptText(row.properties, wanted),
  };
}

/** Total order of steps: time, then message id; ids are unique per key kind only, so the kind decides last. */
export function compareSteps(a: Step, b: Step): number {
  return a.time - b.time || compareText(a.message_id, b.message_id) || compareText(a.key_kind, b.key_kind);
}

/** Order of the mart: by device (nulls first), then in total order. */
export function compareStoredSteps(a: Step, b: Step): number {
  return compareDevices(a.anonymous_id, b.anonymous_id) || compareSteps(a, b);
}

/** A kept property of a step; `null` where it has none. */
export function propertyOf(step: Step, name: string): string | null {
  if (step.properties === null) return null;
  const values = JSON.parse(step.properties) as Record<string, string>;
  return Object.hasOwn(values, name) ? (values[name] ?? null) : null;
}

function compareDevices(a: string | null, b: string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  return compareText(a, b);
}

/** Host of the referrer if it is not the page's own; what is no address has none. */
function externalHost(referrer: string | null, page: string | null): string | null {
  const host = hostOf(referrer);
  return host === null || host === hostOf(page) ? null : host;
}

const hostPattern = /^[a-z][a-z0-9+.-]{0,20}:\/\/(?:[^/?#@]{0,200}@)?([^/?#:@]{1,253})/i;

function hostOf(address: string | null): string | null {
  const host = address === null ? undefined : hostPattern.exec(address)?.[1];
  return host === undefined ? null : host.toLowerCase();
}

function keptText(properties: string | null, names: readonly string[]): string | null {
  if (properties === null) return null;
  const values = JSON.parse(properties) as Json;
  if (!isObject(values)) return null;
  const pairs = names.flatMap((name) => {
    const text = scalarText(values, name);
    return text === null ? [] : [[name, text] as const];
  });
  pairs.sort(([a], [b]) => compareText(a, b));
  return pairs.length === 0 ? null : JSON.stringify(Object.fromEntries(pairs));
}

/** Text of a scalar property; objects, arrays and null have none. */
function scalarText(values: JsonObject, name: string): string | null {
  const value = Object.hasOwn(values, name) ? values[name] : null;
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return null;
  const text = String(value).slice(0, propertyLengthMax);
  return text.replace(/[\ud800-\udbff]$/, ""); // a cut may not leave half of a character
}
