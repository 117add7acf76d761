import type { Rejection } from "./reasons.ts";
import type { KeyKind } from "./write-key.ts";

/** Where a request came from, as the edge saw it. Codes as in ISO 3166. */
export interface Geo {
  readonly country: string | null;
  readonly region: string | null;
  readonly city: string | null;
}

/** One rejected event of a message. */
export interface RejectedEvent extends Rejection {
  /** Index in the original request. */
  readonly index: number;
}

/**
 * The header of one queue message: everything about the request that is not in its body.
 * Together with a raw event it determines that event's row (promise P4).
 */
export interface Receipt {
  /** ULID made by the edge for the request; slices of a split request share it. */
  readonly receiptId: string;
  readonly receivedAtMs: number;
  /** Random id of the edge isolate, and the number of the message within it: a gap downstream is a lost message. */
  readonly isolateId: string;
  readonly sequence: number;
  readonly project: string;
  readonly source: string;
  readonly keyKind: KeyKind;
  readonly keySerial: number;
  /** `sentAt` of the batch, ms, and our SDKs' clock offset, ms. */
  readonly sentAtMs: number | null;
  readonly clockOffsetMs: number | null;
  readonly geo: Geo;
  /** Client address after the source's IP policy; `null` when dropped. */
  readonly ip: string | null;
  readonly userAgent: string | null;
  /** `true` when the browser asked not to have its data sold or shared (`Sec-GPC: 1`); else absent. */
  readonly gpc?: boolean;
  /** `type` that the path implies (`/v1/track`), for events that have none; else `null`. */
  readonly impliedType: string | null;
  /** Index, in the original request, of the first event of this message's body. */
  readonly firstIndex: number;
  /** Events in this message's body, rejected ones included. */
  readonly eventCount: number;
  /** Verdicts of the edge; binding downstream. Indices are of the original request. */
  readonly rejected: readonly RejectedEvent[];
  readonly rulesVersion: number;
}
