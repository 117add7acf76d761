import {
  encodeIfItFits,
  type Json,
  queueHeaderBytesMax,
  queueMessageBytesMax,
  type Receipt,
  type RejectedEvent,
  rejectedRawBytesMax,
  type StreamNote,
} from "@sluice/schema";
import { sliceFillRatio } from "./limits.ts";

/** The part of a receipt that all messages of a request share. */
export type SharedReceipt = Omit<
  Receipt,
  "isolateId" | "sequence" | "stream" | "firstIndex" | "eventCount" | "rejected"
>;

/** The number of a message, as its receipt states it. */
export type MessageNumber = Pick<Receipt, "isolateId" | "sequence"> & { readonly stream: StreamNote };

/** A judged request, ready to be packed. */
export interface JudgedRequest {
  readonly receipt: SharedReceipt;
  readonly events: readonly Json[];
  /** Ascending by index. */
  readonly rejected: readonly RejectedEvent[];
  /** gzip of the request's own JSON. */
  readonly body: Uint8Array;
}

/** What packing needs from outside. */
export interface PackTools {
  gzip(bytes: Uint8Array): Uint8Array;
  /** The number of the next message; the same until it is taken. */
  nextNumber(): MessageNumber;
  /** Gives that number to a message of so many events. */
  takeNumber(events: number): void;
}

/** One queue message, encoded. */
export interface PackedMessage {
  /** Index of its first event in the request; with the receipt id it names the message. */
  readonly firstIndex: number;
  readonly bytes: Uint8Array;
}

/**
 * Packs a request into queue messages: one that forwards the client's own body, or, where that does not fit, several
 * with the events in their order as `{"batch":[…]}`. Indices stay those of the request. In a split, a rejected event of more than
 * `rejectedRawBytesMax` is replaced by the beginning of its JSON as a string, so that a single event always fits.
 */
export function packMessages(request: JudgedRequest, tools: PackTools): readonly PackedMessage[] {
  const { events, rejected, body } = request;
  const whole: Slice = { first: 0, count: events.length };
  const message = packed(request, whole, body, tools);
  if (message !== null) return [message];
  const bodyPieces = body.length / (queueMessageBytesMax * sliceFillRatio);
  const headerPieces = JSON.stringify(rejected).length / (queueHeaderBytesMax * sliceFillRatio);
  const pieces = Math.min(events.length, Math.max(2, Math.ceil(bodyPieces + headerPieces)));
  const split = { request, texts: eventTexts(request), tools };
  return cut(whole, pieces).flatMap((slice) => packSlice(split, slice));
}

/** A run of events of the request. */
interface Slice {
  readonly first: number;
  readonly count: number;
}

/** A request that takes several messages. */
interface Split {
  readonly request: JudgedRequest;
  /** JSON of each event, bounded where it was rejected. */
  readonly texts: readonly string[];
  readonly tools: PackTools;
}

function packSlice(split: Split, slice: Slice): readonly PackedMessage[] {
  const { request, texts, tools } = split;
  const json = `{"batch":[${texts.slice(slice.first, slice.first + slice.count).join(",")}]}`;
  const body = tools.gzip(new TextEncoder().encode(json));
  const message = packed(request, slice, body, tools);
  if (message !== null) return [message];
  if (slice.count === 1) throw new Error(`a single event packs to ${body.length} bytes`);
  return cut(slice, 2).flatMap((half) => packSlice(split, half));
}

/** Cuts a slice into `pieces` of nearly equal length. */
function cut(slice: Slice, pieces: number): readonly Slice[] {
  const slices: Slice[] = [];
  for (let piece = 0; piece < pieces; piece++) {
    const from = Math.floor((slice.count * piece) / pieces);
    const to = Math.floor((slice.count * (piece + 1)) / pieces);
    if (to > from) slices.push({ first: slice.first + from, count: to - from });
  }
  return slices;
}

/** The message of a slice; `null` when it does not fit. */
function packed(request: JudgedRequest, slice: Slice, body: Uint8Array, tools: PackTools): PackedMessage | null {
  const bytes = encodeIfItFits({ receipt: receiptOf(request, slice, tools.nextNumber()), body });
  if (bytes === null) return null;
  tools.takeNumber(slice.count);
  return { firstIndex: slice.first, bytes };
}

function receiptOf(request: JudgedRequest, slice: Slice, number: MessageNumber): Receipt {
  const end = slice.first + slice.count;
  const rejected = request.rejected.filter(({ index }) => index >= slice.first && index < end);
  return { ...request.receipt, ...number, firstIndex: slice.first, eventCount: slice.count, rejected };
}

function eventTexts(request: JudgedRequest): readonly string[] {
  const texts = request.events.map((event) => JSON.stringify(event));
  for (const { index } of request.rejected) texts[index] = boundedText(texts[index] ?? "null");
  return texts;
}

/** JSON of at most `rejectedRawBytesMax` bytes as it is; the beginning of longer JSON, as a JSON string. */
function boundedText(json: string): string {
  const bytes = new TextEncoder().encode(json);
  if (bytes.length <= rejectedRawBytesMax) return json;
  let end = rejectedRawBytesMax;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--; // never inside a character
  return JSON.stringify(new TextDecoder().decode(bytes.subarray(0, end)));
}
