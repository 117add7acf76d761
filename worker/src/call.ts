import type { EventType } from "@sluice/schema";

/** What the last part of an ingest path asks for. */
export interface Call {
  /** The type of events that name none; `null` for calls that carry a batch. */
  readonly impliedType: EventType | null;
}

const batch: Call = { impliedType: null };
const calls: ReadonlyMap<string, Call> = new Map<string, Call>([
  ["batch", batch],
  ["b", batch],
  ["import", batch],
  ["track", { impliedType: "track" }],
  ["t", { impliedType: "track" }],
  ["identify", { impliedType: "identify" }],
  ["i", { impliedType: "identify" }],
  ["page", { impliedType: "page" }],
  ["p", { impliedType: "page" }],
  ["screen", { impliedType: "screen" }],
  ["s", { impliedType: "screen" }],
  ["group", { impliedType: "group" }],
  ["g", { impliedType: "group" }],
  ["alias", { impliedType: "alias" }],
  ["a", { impliedType: "alias" }],
]);

/** Every name of a call. */
export const callNames: readonly string[] = [...calls.keys()];

/** The call of `/v1/{name}`; `null` when there is none of that name. */
export function callOf(name: string): Call | null {
  return calls.get(name) ?? null;
}
