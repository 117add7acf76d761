import type { RecordedRequest, Treatment } from "../judge/proxy.ts";

/** Whole seconds that the network asks for with its 429: more than any of the SDKs would wait by itself. */
export const retryAfterSeconds = 6;

/**
 * What the network does to which POST. Two faults at once and one later: some events fail twice, and not only the first ones
 * fail.
 */
export const faults = {
  none: () => "once",
  "500": (post) => (isHit(post) ? { status: 500, headers: {} } : "once"),
  "429": (post) => (post <= 2 ? { status: 429, headers: { "retry-after": String(retryAfterSeconds) } } : "once"),
  "answer lost": (post) => (isHit(post) ? "answer lost" : "once"),
} as const satisfies Readonly<Record<string, (post: number) => Treatment>>;

/** Name of a fault. */
export type Fault = keyof typeof faults;

/** Names of all faults. */
export const faultNames = Object.keys(faults) as readonly Fault[];

/** Whether the client got the ingest API's answer. */
export function isAnswered(request: RecordedRequest): boolean {
  return request.treatment === "once";
}

/** Whether the ingest API got the request, whatever the client learned of it. */
export function isReceived(request: RecordedRequest): boolean {
  return typeof request.treatment === "string";
}

function isHit(post: number): boolean {
  return post === 1 || post === 2 || post === 4;
}
