import { gunzipSync } from "node:zlib";
import {
  decodeQueueMessage,
  envelopeOf,
  fail,
  type Json,
  ok,
  type Receipt,
  type Result,
  serverRequestBytesMax,
} from "@sluice/schema";
import { parseBody } from "./parse-body.ts";
import { scanBody } from "./scan-body.ts";

/** A queue message whose body is parsed. */
export interface OpenMessage {
  readonly receipt: Receipt;
  /** The receipt as it came. */
  readonly receiptJson: Uint8Array;
  /**
   * Events of this message, in order; the first has the original index `receipt.firstIndex`. Of each at least what `placeOf` and
   * `verdictsOf` read of it.
   */
  readonly events: readonly Json[];
  /** The body as it came. */
  readonly gzip: Uint8Array;
  /** Decompressed size of the body, bytes: the measure by which a batch is cut into slices. */
  readonly bodyBytes: number;
}

/**
 * Why a message cannot be opened. All but `newer_version` are for ever: such a message goes to the dead letters.
 * `event_count` means that the header and the body disagree, so indices (and made-up ids) could not be trusted.
 */
export type OpenFailure = "newer_version" | "not_bytes" | "corrupt" | "corrupt_gzip" | "corrupt_json" | "event_count";

/**
 * Opens one queue message: header, bounded gunzip, and of the events what decides where they go.
 *
 * @param body the message's body as the queue delivers it.
 */
export function openMessage(body: unknown): Result<OpenMessage, OpenFailure> {
  const bytes = bytesOf(body);
  if (bytes === null) return fail("not_bytes");
  const decoded = decodeQueueMessage(bytes);
  if (!decoded.ok) return decoded;
  const { receipt, header: receiptJson, body: gzip } = decoded.value;
  const text = gunzip(gzip);
  if (text === null) return fail("corrupt_gzip");
  const events = scanBody(text) ?? eventsOf(text);
  if (events === null) return fail("corrupt_json");
  if (!countsAgree(receipt, events.length)) return fail("event_count");
  return ok({ receipt, receiptJson, events, gzip, bodyBytes: text.length });
}

/** The events of a decompressed body; `null` where it is no JSON. */
function eventsOf(bytes: Buffer): readonly Json[] | null {
  const json = parse(decoder.decode(bytes));
  return json === undefined ? null : envelopeOf(json).events;
}

/** Opens a body: bounded gunzip, parse. Also the bodies that a log has stored are opened so. */
export function openBody(
  gzip: Uint8Array,
): Result<{ readonly json: Json; readonly bytes: number }, "corrupt_gzip" | "corrupt_json"> {
  const bytes = gunzip(gzip);
  if (bytes === null) return fail("corrupt_gzip");
  // Decoded as at the edge, which skips a byte order mark: what it could read and accept must be readable here.
  const json = parse(decoder.decode(bytes));
  return json === undefined ? fail("corrupt_json") : ok({ json, bytes: bytes.length });
}

const decoder = new TextDecoder();

/** The bytes of a message body, or `null` when it was sent as something else. */
export function bytesOf(body: unknown): Uint8Array | null {
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  return null;
}

/**
 * A body may lack only events that the edge rejected (it need not forward what is too large): a missing accepted
 * event would be a silent loss, and one too many would take the index of the next message's first.
 */
function countsAgree(receipt: Receipt, events: number): boolean {
  if (!Number.isSafeInteger(receipt.eventCount) || !Array.isArray(receipt.rejected)) return false;
  if (events === receipt.eventCount) return true;
  if (events > receipt.eventCount) return false;
  const indices: readonly { readonly index: number }[] = receipt.rejected;
  const rejected = new Set(indices.map((entry) => entry.index));
  for (let i = events; i < receipt.eventCount; i++) if (!rejected.has(receipt.firstIndex + i)) return false;
  return true;
}

function gunzip(body: Uint8Array): Buffer | null {
  try {
    return gunzipSync(body, { maxOutputLength: serverRequestBytesMax });
  } catch {
    return null; // not gzip, cut off, or larger than any request may be: the caller keeps the message as a dead letter
  }
}

function parse(text: string): Json | undefined {
  try {
    return parseBody(text);
  } catch {
    return undefined; // not JSON: the caller keeps the message as a dead letter
  }
}
