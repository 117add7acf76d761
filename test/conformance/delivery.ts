import type { Json, JsonObject } from "@sluice/schema";
import type { RecordedRequest } from "../judge/proxy.ts";
import { eventsOnWire, type WireEvent } from "../judge/wire.ts";
import { isAnswered, isReceived } from "./faults.ts";

/** Message ids of the events in requests. */
export function idsOf(requests: readonly RecordedRequest[]): Set<string> {
  return new Set(eventsOnWire(requests).map(({ event }) => idOf(event)));
}

/** Every copy of each event that the ingest API received, by message id. */
export function copiesReceived(requests: readonly RecordedRequest[]): Map<string, WireEvent[]> {
  const copies = new Map<string, WireEvent[]>();
  for (const each of eventsOnWire(requests.filter(isReceived))) {
    const id = idOf(each.event);
    copies.set(id, [...(copies.get(id) ?? []), each]);
  }
  return copies;
}

/** POSTs that the network refused, or whose answers it lost. */
export function faultyPosts(requests: readonly RecordedRequest[]): RecordedRequest[] {
  return requests.filter((request) => !isAnswered(request));
}

/** For each event of each faulty POST, the milliseconds until it was on its way again; `null` for never. */
export function msUntilNextAttempt(requests: readonly RecordedRequest[]): (number | null)[] {
  const inOrder = requests.toSorted((a, b) => a.atMs - b.atMs);
  return faultyPosts(inOrder).flatMap((faulty) => {
    const later = inOrder.slice(inOrder.indexOf(faulty) + 1);
    return [...idsOf([faulty])].map((id) => {
      const next = later.find((request) => idsOf([request]).has(id));
      return next === undefined ? null : next.atMs - faulty.atMs;
    });
  });
}

/** Every preflight, with what the browser asked for and what it was told. */
export function preflights(requests: readonly RecordedRequest[]) {
  return requests
    .filter((request) => request.method === "OPTIONS")
    .map(({ path, headers, statuses, replyHeaders: [told = {}] }) => ({
      path,
      status: statuses[0] ?? 0,
      origin: headers.origin,
      asked: {
        method: headers["access-control-request-method"] ?? "",
        headers: listOf(headers["access-control-request-headers"]),
      },
      told: {
        origin: told["access-control-allow-origin"],
        methods: listOf(told["access-control-allow-methods"]),
        headers: listOf(told["access-control-allow-headers"]),
        maxAge: told["access-control-max-age"],
        credentials: told["access-control-allow-credentials"],
        vary: listOf(told.vary),
      },
    }));
}

/** Names of a header's list, in small letters. */
export function listOf(list: string | undefined): string[] {
  return (list ?? "")
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

function idOf(event: Json): string {
  return String((event as JsonObject)["messageId"]);
}
