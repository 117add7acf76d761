import { eventBytesMax } from "@sluice/schema";
import { crc32 } from "./crc32.ts";
import type { SpooledEvent } from "./spool.ts";

/**
 * A segment is frames one after another. A frame is a head of 8 bytes (length of the payload, CRC-32 of the payload, both
 * little endian) and the payload:
 *
 * | bytes | what |
 * | --- | --- |
 * | 8 | device time of the call, ms, as a double; NaN when the caller gave the time |
 * | 1 | lane |
 * | 2 | bytes of the message id |
 * | … | message id, UTF-8 |
 * | … | the event's JSON, UTF-8 |
 */
const headBytes = 8;
const fixedBytes = 11;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The frame of an event; `null` when its id is too long to be written, which the server would refuse anyway. */
export function encodeFrame(event: SpooledEvent): Uint8Array | null {
  const id = encoder.encode(event.messageId);
  const json = encoder.encode(event.json);
  if (id.length > 0xffff || json.length > eventBytesMax) return null;
  const frame = new Uint8Array(headBytes + fixedBytes + id.length + json.length);
  const view = new DataView(frame.buffer);
  view.setFloat64(headBytes, event.stampMs ?? Number.NaN, true);
  view.setUint8(headBytes + 8, event.lane);
  view.setUint16(headBytes + 9, id.length, true);
  frame.set(id, headBytes + fixedBytes);
  frame.set(json, headBytes + fixedBytes + id.length);
  view.setUint32(0, frame.length - headBytes, true);
  view.setUint32(4, crc32(frame.subarray(headBytes)), true);
  return frame;
}

/** What a segment holds. */
export interface DecodedSegment {
  readonly events: readonly SpooledEvent[];
  /** Bytes at the end that are no whole frame: a write that was cut off. */
  readonly tornBytes: number;
}

/** Reads a segment up to its end or to the first frame that is not whole. */
export function decodeFrames(segment: Uint8Array): DecodedSegment {
  const events: SpooledEvent[] = [];
  const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
  let at = 0;
  while (segment.length - at >= headBytes) {
    const length = view.getUint32(at, true);
    const end = at + headBytes + length;
    if (length < fixedBytes || end > segment.length) break;
    const payload = segment.subarray(at + headBytes, end);
    if (crc32(payload) !== view.getUint32(at + 4, true)) break;
    events.push(decodePayload(payload));
    at = end;
  }
  return { events, tornBytes: segment.length - at };
}

function decodePayload(payload: Uint8Array): SpooledEvent {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const stampMs = view.getFloat64(0, true);
  const jsonAt = fixedBytes + view.getUint16(9, true);
  const json = payload.subarray(jsonAt);
  return {
    messageId: decoder.decode(payload.subarray(fixedBytes, jsonAt)),
    json: decoder.decode(json),
    bytes: json.length,
    stampMs: Number.isNaN(stampMs) ? null : stampMs,
    lane: view.getUint8(8),
  };
}
