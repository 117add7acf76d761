import type { Receipt } from "./receipt.ts";
import { fail, ok, type Result } from "./result.ts";
import { queueHeaderBytesMax, queueMessageBytesMax } from "./limits.ts";

/*
 * One queue message, version 1:
 *
 *   bytes 0–2   "SLQ"
 *   byte  3     version, 1
 *   bytes 4–7   length of the header, unsigned, big-endian
 *   …           header: the Receipt as UTF-8 JSON
 *   …           body: the request's own JSON, gzip, to the end
 */
const magic = [0x53, 0x4c, 0x51] as const;
const prefixBytes = 8;

/** The version this codec writes. Consumers are deployed before producers, so they always know it. */
export const queueCodecVersion = 1;

/** A message taken apart; the body is still compressed. */
export interface QueueMessage {
  readonly receipt: Receipt;
  /** gzip of the request body. */
  readonly body: Uint8Array;
}

/** A message taken apart, and its header as it came. */
export interface DecodedMessage extends QueueMessage {
  /** The receipt, as UTF-8 JSON. */
  readonly header: Uint8Array;
}

/** Packs a message. Throws when the header is too large: the edge splits a request before that. */
export function encodeQueueMessage(message: QueueMessage): Uint8Array {
  const header = headerBytesOf(message.receipt);
  if (header.length > queueHeaderBytesMax) throw new Error(`queue header of ${header.length} bytes`);
  return joined(header, message.body);
}

/** Packs a message; `null` when its header or all of it is larger than one message may be. */
export function encodeIfItFits(message: QueueMessage): Uint8Array | null {
  const header = headerBytesOf(message.receipt);
  const bytes = prefixBytes + header.length + message.body.length;
  return header.length > queueHeaderBytesMax || bytes > queueMessageBytesMax ? null : joined(header, message.body);
}

function headerBytesOf(receipt: Receipt): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(receipt));
}

function joined(header: Uint8Array, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(prefixBytes + header.length + body.length);
  bytes.set(magic, 0);
  bytes[3] = queueCodecVersion;
  new DataView(bytes.buffer).setUint32(4, header.length);
  bytes.set(header, prefixBytes);
  bytes.set(body, prefixBytes + header.length);
  return bytes;
}

/** `newer_version`: written by a newer edge; wait for the deploy. `corrupt`: will never decode. */
export type QueueDecodeFailure = "newer_version" | "corrupt";

/** Takes a message apart. */
export function decodeQueueMessage(bytes: Uint8Array): Result<DecodedMessage, QueueDecodeFailure> {
  if (bytes.length < prefixBytes || magic.some((byte, i) => bytes[i] !== byte)) return fail("corrupt");
  const version = bytes[3] ?? 0;
  if (version > queueCodecVersion) return fail("newer_version");
  if (version === 0) return fail("corrupt");
  const headerBytes = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4);
  const bodyStart = prefixBytes + headerBytes;
  if (headerBytes > queueHeaderBytesMax || bodyStart > bytes.length) return fail("corrupt");
  const header = bytes.subarray(prefixBytes, bodyStart);
  const receipt = parseReceipt(decoder.decode(header));
  return receipt === null ? fail("corrupt") : ok({ receipt, header, body: bytes.subarray(bodyStart) });
}

const decoder = new TextDecoder();

function parseReceipt(text: string): Receipt | null {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === "object" && value !== null && "receiptId" in value ? (value as Receipt) : null;
  } catch {
    return null; // not JSON: the message is corrupt, which the caller reports
  }
}
