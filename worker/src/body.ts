import {
  type Envelope,
  envelopeOf,
  fail,
  field,
  isObject,
  type Json,
  type KeyKind,
  ok,
  publicRequestBytesMax,
  requestWireBytesMax,
  type Result,
  scanThresholdBytes,
  serverRequestBytesMax,
} from "@sluice/schema";
import type { Call } from "./call.ts";
import { gzipOverheadBytesMax, inflateRatioMax } from "./limits.ts";
import { scanBody, type ScanFailure } from "./scan.ts";

const utf8 = new TextDecoder();

/** How much of a body may be read and inflated. */
export interface BodyCeiling {
  /** Bytes over the wire, compressed or not. */
  readonly wireBytesMax: number;
  /** Bytes of JSON. */
  readonly bytesMax: number;
}

/** The ceiling of a kind of key; `null` while the key is still unknown, because it stands in the body. */
export function bodyCeiling(kind: KeyKind | null): BodyCeiling {
  return kind === "public"
    ? { wireBytesMax: publicRequestBytesMax + gzipOverheadBytesMax, bytesMax: publicRequestBytesMax }
    : { wireBytesMax: requestWireBytesMax, bytesMax: serverRequestBytesMax };
}

/** How far a gzip body may be inflated: to its ceiling, and beyond a public request's only in proportion to its own size. */
export function inflateCeiling(wireBytes: number, bytesMax: number): number {
  return Math.min(bytesMax, Math.max(publicRequestBytesMax, wireBytes * inflateRatioMax));
}

/** A body that parsed. */
export interface ParsedBody {
  readonly envelope: Envelope;
  /** Whether the body is a batch, or a single event. A batch without events asks for nothing but the time. */
  readonly isIngest: boolean;
}

/**
 * Parses the JSON of a body. A large one is scanned first, so that a small parcel cannot unpack to more objects than
 * an isolate can hold. Bytes that are no UTF-8 read as U+FFFD, as everywhere on the web.
 */
export function parseBody(bytes: Uint8Array, call: Call): Result<ParsedBody, ScanFailure | "invalid_json"> {
  if (bytes.length > scanThresholdBytes) {
    const scan = scanBody(bytes);
    if (!scan.ok) return scan;
  }
  const json = parseJson(utf8.decode(bytes));
  return json.ok ? ok({ envelope: envelopeOf(json.value), isIngest: isIngest(json.value, call) }) : json;
}

function parseJson(text: string): Result<Json, "invalid_json"> {
  try {
    return ok(JSON.parse(text) as Json);
  } catch {
    return fail("invalid_json"); // the parser's own message quotes the body, so it goes nowhere
  }
}

/** A batch call without `batch` is taken for a single event when it names its type: some senders mix the paths up. */
function isIngest(body: Json, call: Call): boolean {
  if (!isObject(body)) return false;
  const batch = field(body, "batch");
  if (Array.isArray(batch)) return true;
  return call.impliedType !== null || (batch === undefined && field(body, "type") !== undefined);
}
