import type { RejectReason } from "./reasons.ts";

/** One rejected event in a reply. */
export interface RejectedInReply {
  /** Index in the request's batch, from 0. */
  readonly index: number;
  readonly messageId: string | null;
  readonly reason: RejectReason;
  readonly field: string;
  readonly message: string;
}

/** The reply to every request that parses and authenticates, with status 200. */
export interface IngestReply {
  readonly success: true;
  /** Events that are now durable and will be stored or found to be duplicates. */
  readonly accepted: number;
  readonly rejected: readonly RejectedInReply[];
  /** The edge's clock, ISO 8601 with milliseconds; SDKs derive their clock offset from it. */
  readonly serverTime: string;
}

/** The reply to a request that cannot be used at all (4xx) or not now (429, 503). */
export interface IngestError {
  readonly success: false;
  /** Stable word for programs: `invalid_json`, `unknown_write_key`, … */
  readonly code: string;
  readonly message: string;
}
