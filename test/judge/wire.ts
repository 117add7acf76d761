import type { Json, JsonObject } from "@sluice/schema";
import type { RecordedRequest } from "./proxy.ts";

/** An event as it stood in a request. */
export interface WireEvent {
  readonly event: Json;
  readonly request: RecordedRequest;
  readonly index: number;
}

/** Every event of every ingest request that the proxy saw, once per request (the repetition is not counted). */
export function eventsOnWire(requests: readonly RecordedRequest[]): WireEvent[] {
  return requests
    .filter((request) => request.method === "POST")
    .flatMap((request) => {
      const body = JSON.parse(request.body) as JsonObject;
      const batch = Array.isArray(body["batch"]) ? (body["batch"] as readonly Json[]) : [body];
      return batch.map((event, index) => ({ event, request, index }));
    });
}

/** What the ingest API said of one event in its answer number `answer`: the reason, or `null` when it took it. */
export function rejectionOf({ request, index }: WireEvent, answer: number): string | null {
  const reply = JSON.parse(request.replies[answer] ?? "{}") as {
    rejected?: readonly { readonly index: number; readonly reason: string }[];
  };
  return reply.rejected?.find((entry) => entry.index === index)?.reason ?? null;
}

/** The mark of a call in its event, or `null`: SDKs may move ids and traits, marks stay. */
export function markOf(event: Json): string | null {
  if (typeof event !== "object" || event === null || Array.isArray(event)) return null;
  for (const name of ["properties", "traits"]) {
    const mark = ((event as JsonObject)[name] as JsonObject | null | undefined)?.["mark"];
    if (typeof mark === "string") return mark;
  }
  return null;
}
