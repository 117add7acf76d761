import { readdirSync, readFileSync } from "node:fs";
import { envelopeOf, isEventType, isObject, type Json, type JsonObject, parseTime, type Receipt } from "@sluice/schema";
import { eventColumns, type Row } from "../src/columns.ts";
import { receiptOf } from "./fixtures.ts";

/** What a published SDK sent, request by request, and the rows that its events become. Shortened; names and addresses changed. */
export interface Recording {
  /** `package@version` that was run. */
  readonly recordedFrom: string;
  readonly keyKind: "public" | "server";
  readonly requests: readonly RecordedRequest[];
}

/** One request. `rows` are those of its events, as {@link readable} shows them. */
export interface RecordedRequest {
  readonly path: string;
  readonly receivedAt: string;
  readonly userAgent: string;
  readonly body: JsonObject;
  readonly rows: readonly JsonObject[];
}

const folder = new URL("recordings/", import.meta.url);

/** All recordings of this folder. */
export function recordings(): readonly Recording[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return names.map((name) => JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Recording);
}

/** The events of a request, and the receipt that the edge would write for it. */
export function openRequest(
  recording: Recording,
  request: RecordedRequest,
): { readonly events: readonly JsonObject[]; readonly receipt: Receipt } {
  const { events, sentAt, clockOffsetMs } = envelopeOf(request.body);
  const type = typesOfPaths.get(request.path.slice("/v1/".length)) ?? null;
  const receipt = receiptOf({
    receivedAtMs: parseTime(request.receivedAt) ?? Number.NaN,
    keyKind: recording.keyKind,
    source: recording.keyKind === "public" ? "web" : "backend",
    userAgent: request.userAgent,
    sentAtMs: sentAt === null ? null : parseTime(sentAt),
    clockOffsetMs,
    impliedType: type,
    eventCount: events.length,
    gpc: false,
  });
  return { events: events.filter(isObject), receipt };
}

const typesOfPaths: ReadonlyMap<string, string> = new Map(
  ["track", "identify", "page", "screen", "group", "alias"].flatMap((type) => [
    [type, type] as const,
    [type.charAt(0), type] as const,
  ]),
);

/** A row without its nulls and its documents (compared apart, with what was sent), its times as ISO 8601. */
export function readable(row: Row): Record<string, Json> {
  const cells = eventColumns.flatMap(({ name, type }) => {
    const value = row[name];
    if (value === null || documentColumns.has(name)) return [];
    return [[name, type === "timestamp" ? new Date(Number(value)).toISOString() : value] as const];
  });
  return Object.fromEntries(cells);
}

const documentColumns: ReadonlySet<string> = new Set(["properties", "traits", "context"]);

/** The documents of an event, as its row should hold them. */
export function documentsOf(event: JsonObject, receipt: Receipt): Pick<Row, "properties" | "traits" | "context"> {
  const type = isEventType(event["type"]) ? event["type"] : receipt.impliedType;
  const context = isObject(event["context"]) ? event["context"] : null;
  const traits = event["traits"] ?? (type === "identify" ? context?.["traits"] : undefined);
  const textOf = (value: Json | undefined): string | null => (isObject(value) ? JSON.stringify(value) : null);
  return { properties: textOf(event["properties"]), traits: textOf(traits), context: textOf(event["context"]) };
}
