import { type Json, type JsonObject, parseWriteKey } from "@sluice/schema";
import type { SqlRow } from "../duckdb.ts";
import type { Call } from "./calls.ts";
import type { RecordedRequest } from "./proxy.ts";
import { markOf, type WireEvent } from "./wire.ts";

const jsonColumns = ["properties", "traits", "context"] as const;

/** A row of `SELECT *, epoch_ms(time) AS at FROM events`, with its JSON columns parsed. */
export function comparableRow(row: SqlRow): Readonly<Record<string, Json>> {
  return { ...row, ...Object.fromEntries(jsonColumns.map((name) => [name, jsonOf(row[name])])) };
}

/** The columns that an accepted event makes, as far as its own fields say: what {@link comparableRow} must match. */
export function expectedRow({ event: raw, request }: WireEvent): Readonly<Record<string, Json>> {
  const event = raw as JsonObject;
  const context = (event["context"] ?? {}) as JsonObject;
  const library = (context["library"] ?? {}) as JsonObject;
  // RudderStack's SDKs send the traits of a person in the context.
  const traits = event["traits"] ?? (event["type"] === "identify" ? context["traits"] : undefined);
  return {
    type: event["type"] ?? null,
    event: textOf(event["event"]),
    user_id: textOf(event["userId"]),
    anonymous_id: textOf(event["anonymousId"]),
    previous_id: textOf(event["previousId"]),
    group_id: textOf(event["groupId"]),
    at: String(Date.parse((event["timestamp"] ?? event["originalTimestamp"]) as string)),
    time_source: "client",
    message_id_source: "client",
    sdk_name: textOf(library["name"]),
    sdk_version: textOf(library["version"]),
    ...keyColumns(request),
    properties: event["properties"] ?? null,
    traits: traits ?? null,
    context: event["context"] ?? null,
  };
}

/** The columns that an SDK's call must make, in the form of {@link comparableRow}. */
export function rowOfCall(call: Call): Readonly<Record<string, Json>> {
  const { type, event, userId, anonymousId, groupId, timeMs, properties, traits } = call;
  return {
    ...{ type, event, user_id: userId, anonymous_id: anonymousId, group_id: groupId, at: String(timeMs) },
    ...(properties !== null && { properties }),
    ...(traits !== null && { traits }),
    ...(type !== "page" && type !== "screen" ? {} : { name: call.name }),
    ...moneyOf(call),
  };
}

/** Revenue as DECIMAL(18,6) and currency, of track events only. */
function moneyOf(call: Call): { revenue: string | null; currency: string | null } {
  const revenue = call.type === "track" ? call.properties?.["revenue"] : undefined;
  const currency = call.type === "track" ? call.properties?.["currency"] : undefined;
  return {
    revenue: revenue === undefined ? null : Number(revenue).toFixed(6),
    currency: typeof currency === "string" ? currency.toUpperCase() : null,
  };
}

/** The mark of the call that made a row, or `null`. */
export function markOfRow(row: SqlRow): string | null {
  return markOf({ properties: jsonOf(row["properties"]), traits: jsonOf(row["traits"]) });
}

/** The value of a JSON column. */
function jsonOf(value: Json | undefined): Json {
  return typeof value === "string" ? (JSON.parse(value) as Json) : null;
}

function textOf(value: Json | undefined): string | null {
  return value === undefined || value === "" ? null : (value as string | null);
}

/** The source and kind of the key that a request carried: in its header, its query or its body. */
function keyColumns({ headers, path, body }: RecordedRequest): { source: string; key_kind: string } {
  const basic = /^Basic (.+)$/.exec(headers.authorization ?? "")?.[1];
  const inQuery = new URL(path, "http://localhost").searchParams.get("writeKey");
  const key =
    basic !== undefined
      ? atob(basic).replace(/:$/, "")
      : (inQuery ?? String((JSON.parse(body) as JsonObject)["writeKey"]));
  const parsed = parseWriteKey(key);
  if (!parsed.ok) throw new Error("a request without a write key");
  return { source: parsed.value.key.source, key_kind: parsed.value.key.kind };
}
