import type { Rejection } from "./reasons.ts";
import type { IpPolicy } from "./registry.ts";
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

/** A message that its isolate numbered but answered for with 503: the sender was told that it is not taken. */
export interface VoidedMessage {
  readonly sequence: number;
  readonly events: number;
}

/** What an edge isolate has numbered for one source within one hour of receipt. */
export interface StreamTotal {
  /** Hour of receipt, ms. */
  readonly hourMs: number;
  /** Messages numbered: the highest sequence. */
  readonly messages: number;
  /** Events in them, voided ones included. */
  readonly events: number;
  readonly voided: readonly VoidedMessage[];
}

/**
 * Place of a message in its stream: the messages that one isolate made for one source within one hour of receipt. With it
 * whoever reads the stream knows how many events are missing, and not only how many messages.
 */
export interface StreamNote {
  /** Events in the messages with lower numbers. */
  readonly eventsBefore: number;
  readonly voided: readonly VoidedMessage[];
  /** How far the stream of the hour before went, so that its last messages are missed too; `null` where there was none. */
  readonly previous: StreamTotal | null;
}

/**
 * The header of one queue message: everything about the request that is not in its body.
 * Together with a raw event it determines that event's row (promise P4).
 */
export interface Receipt {
  /** ULID made by the edge for the request; slices of a split request share it. */
  readonly receiptId: string;
  readonly receivedAtMs: number;
  /**
   * Random id of the edge isolate, and the number of the message, from 1, among those that it made for this source within this
   * hour of receipt: a gap downstream is a message on its way, or lost.
   */
  readonly isolateId: string;
  readonly sequence: number;
  /** Absent in messages of edges that did not count, and in messages that no edge made. */
  readonly stream?: StreamNote;
  /**
   * Of a message that drives rejected events again: a text that names what was sent, so that the same events, mended in the same
   * way, are taken once. Absent in messages of the edge.
   */
  readonly redrive?: string;
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
  /** That policy, for addresses within the body, which server keys may state; absent counts as `truncate`. */
  readonly ipPolicy?: IpPolicy;
  /** Whether the request carried `Sec-GPC: 1` (https://www.w3.org/TR/gpc/); absent in messages of edges that did not look. */
  readonly gpc?: boolean;
  readonly userAgent: string | null;
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
