import type { IngestError } from "@sluice/schema";
import { batchEventsMax, publicRequestBytesMax, serverRequestBytesMax } from "@sluice/schema";
import { bodyDepthMax, bodyValuesMax, brakeRetryAfterSeconds, retryAfterSeconds } from "./limits.ts";

/** Why a request as a whole is refused: the closed set of `code`s in {@link IngestError} replies. */
export const refusalCodes = [
  "missing_write_key",
  "unknown_write_key",
  "empty_body",
  "invalid_gzip",
  "invalid_json",
  "invalid_batch",
  "body_too_deep",
  "too_many_values",
  "too_many_events",
  "request_too_large",
  "body_not_received",
  "too_many_requests",
  "not_found",
  "queue_unavailable",
  "not_configured",
  "draining",
  "unexpected",
] as const;

/** One code of the closed set. */
export type RefusalCode = (typeof refusalCodes)[number];

/** A refusal as it goes over the wire. */
export interface Refusal {
  readonly status: 400 | 401 | 404 | 408 | 413 | 429 | 503;
  readonly body: IngestError;
  /** Whole seconds for `Retry-After`; `null` when trying again cannot help. */
  readonly retryAfterSeconds: number | null;
}

/**
 * The reply for a code. Messages are constant, so nothing of a request is ever echoed. What is the
 * sender's fault is 4xx, on which most SDKs drop the batch for good; what may pass next time is 408, 429 or 503, on which
 * they retry.
 */
export function refusalOf(code: RefusalCode): Refusal {
  const [status, message] = wording(code);
  return { status, body: { success: false, code, message }, retryAfterSeconds: retryAfterOf(status) };
}

function retryAfterOf(status: Refusal["status"]): number | null {
  if (status === 429) return brakeRetryAfterSeconds;
  return status === 503 ? retryAfterSeconds : null;
}

function wording(code: RefusalCode): readonly [Refusal["status"], string] {
  switch (code) {
    case "missing_write_key":
      return [401, "No write key: send it as Basic authorization, as writeKey in the body or as ?writeKey=."];
    case "unknown_write_key":
      return [401, "This write key is not valid."];
    case "empty_body":
      return [400, "The request has no body."];
    case "invalid_gzip":
      return [400, "The body is not one whole gzip member."];
    case "invalid_json":
      return [400, "The body is not valid JSON."];
    case "invalid_batch":
      return [400, "batch must be an array of events."];
    case "body_too_deep":
      return [400, `The body is nested deeper than ${bodyDepthMax} levels.`];
    case "too_many_values":
      return [400, `The body holds more than ${bodyValuesMax} values.`];
    case "too_many_events":
      return [413, `batch may hold at most ${batchEventsMax} events.`];
    case "request_too_large":
      return [
        413,
        `A body may have ${publicRequestBytesMax} bytes with a public key and ${serverRequestBytesMax} with a server key, decompressed.`,
      ];
    case "body_not_received":
      return [408, "The body did not arrive in time, or not whole. Send the same request again."];
    case "too_many_requests":
      return [429, "Too many requests with this write key from this address. Send the same request again later."];
    case "not_found":
      return [404, "There is nothing at this path."];
    case "queue_unavailable":
      return [503, "The events could not be stored. Send the same request again later."];
    case "not_configured":
      return [
        503,
        "This host is not configured yet (WRITE_KEY_SECRETS, INGEST_HOSTS). Send the same request again later.",
      ];
    case "draining":
      return [503, "This host is shutting down. Send the same request again later."];
    case "unexpected":
      return [503, "Something went wrong here. Send the same request again later."];
  }
}
