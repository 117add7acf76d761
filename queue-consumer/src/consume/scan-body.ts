import type { JsonObject } from "@sluice/schema";
import {
  closeBrace,
  closeBracket,
  comma,
  none,
  openBrace,
  openBracket,
  pastColon,
  pastSpace,
  plainEnd,
  quote,
  skipValue,
} from "./skip-json.ts";

/** Of an event, what says whether it is one, which one, and when it happened; nothing else. */
interface ScannedEvent {
  type?: string;
  messageId?: string;
  timestamp?: string;
  originalTimestamp?: string;
  context?: Context;
}

interface Context {
  library?: { name?: string };
}

/**
 * Reads of a request's body what decides where its events go, at a fraction of the cost of parsing it: most of a body are properties
 * and contexts, which nobody needs before the rows are made.
 *
 * It reads what SDKs send: an object with a `batch` of objects whose ids and times are plain texts. Whatever else it meets, such as an
 * escape in a name, a field that is given twice, a text where none belongs, it leaves to `JSON.parse`.
 *
 * @param bytes the decompressed body.
 * @returns the events, each with those of the fields `type`, `messageId`, `timestamp`, `originalTimestamp` and
 *   `context.library.name` that it has, exactly as `JSON.parse` reads them; or `null`. Never anything of bytes that `JSON.parse` refuses.
 */
export function scanBody(bytes: Buffer): readonly JsonObject[] | null {
  // A character for each byte, so that places are the same in both. What is cut out of it is ASCII.
  const body: Body = { bytes, text: bytes.toString("latin1"), events: null, contexts: [] };
  const end = scanObject(body, pastSpace(bytes, 0), null, scanEnvelopeField);
  const isWhole = end !== none && pastSpace(bytes, end) === bytes.length;
  return isWhole ? (body.events as readonly JsonObject[] | null) : null;
}

interface Body {
  readonly bytes: Uint8Array;
  readonly text: string;
  events: ScannedEvent[] | null;
  /** The contexts read last, the latest at the end. */
  readonly contexts: ScannedContext[];
}

interface ScannedContext {
  readonly text: string;
  readonly context: Context;
}

/** Reads the value of a field. The name is the text from `name` to `nameEnd`; the value begins at `at`. */
type FieldScan<Into> = (body: Body, into: Into, name: number, nameEnd: number, at: number) => number;

/** Reads an object whose names are plain. */
function scanObject<Into>(body: Body, start: number, into: Into, scanField: FieldScan<Into>): number {
  const { bytes } = body;
  if (bytes[start] !== openBrace) return none;
  let at = pastSpace(bytes, start + 1);
  if (bytes[at] === closeBrace) return at + 1;
  for (;;) {
    if (bytes[at] !== quote) return none;
    const nameEnd = plainEnd(bytes, at);
    const value = nameEnd === none ? none : pastColon(bytes, nameEnd);
    const end = value === none ? none : scanField(body, into, at + 1, nameEnd - 1, value);
    if (end === none) return none;
    at = pastSpace(bytes, end);
    if (bytes[at] === closeBrace) return at + 1;
    if (bytes[at] !== comma) return none;
    at = pastSpace(bytes, at + 1);
  }
}

function scanEnvelopeField(body: Body, _: null, name: number, nameEnd: number, at: number): number {
  if (knownName(body, name, nameEnd) !== "batch") return skipValue(body.bytes, at);
  return body.events === null ? scanBatch(body, at) : none;
}

function scanBatch(body: Body, start: number): number {
  const { bytes } = body;
  if (bytes[start] !== openBracket) return none;
  const events: ScannedEvent[] = [];
  body.events = events;
  let at = pastSpace(bytes, start + 1);
  if (bytes[at] === closeBracket) return at + 1;
  for (;;) {
    const event: ScannedEvent = {};
    const end = scanObject(body, at, event, scanEventField);
    if (end === none) return none;
    events.push(event);
    at = pastSpace(bytes, end);
    if (bytes[at] === closeBracket) return at + 1;
    if (bytes[at] !== comma) return none;
    at = pastSpace(bytes, at + 1);
  }
}

function scanEventField(body: Body, event: ScannedEvent, name: number, nameEnd: number, at: number): number {
  const field = knownName(body, name, nameEnd);
  switch (field) {
    case "context":
      return event.context === undefined ? scanContext(body, event, at) : none;
    case "type":
    case "messageId":
    case "timestamp":
    case "originalTimestamp": {
      const end = event[field] === undefined ? plainEnd(body.bytes, at) : none;
      if (end !== none) event[field] = body.text.slice(at + 1, end - 1);
      return end;
    }
    default:
      return skipValue(body.bytes, at);
  }
}

/** A name, if it begins like one of those that are looked for; else an empty one. Cutting out each would take half of the time. */
function knownName({ bytes, text }: Body, from: number, end: number): string {
  return beginsKnown[bytes[from] ?? 0] === 1 ? text.slice(from, end) : "";
}

const knownNames = ["batch", "context", "library", "messageId", "name", "originalTimestamp", "timestamp", "type"];
const beginsKnown = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(knownNames.some((name) => name.charCodeAt(0) === byte)),
);

/** Contexts that the next one is compared with. */
const recentMax = 8;

/** Reads a context. Most repeat an earlier one, letter for letter: comparing takes a fraction of reading. */
function scanContext(body: Body, event: ScannedEvent, at: number): number {
  const { text, contexts } = body;
  for (let i = contexts.length - 1; i >= 0; i--) {
    const known = contexts[i];
    // An object's text tells where it ends, so that what begins with it is it. startsWith is slower by far.
    if (known === undefined || text.slice(at, at + known.text.length) !== known.text) continue;
    event.context = known.context;
    return at + known.text.length;
  }
  const context: Context = {};
  const end = scanObject(body, at, context, scanContextField);
  if (end === none) return none;
  event.context = context;
  if (contexts.length === recentMax) contexts.shift();
  contexts.push({ text: text.slice(at, end), context });
  return end;
}

function scanContextField(body: Body, context: Context, name: number, nameEnd: number, at: number): number {
  if (knownName(body, name, nameEnd) !== "library") return skipValue(body.bytes, at);
  if (context.library !== undefined) return none;
  context.library = {};
  return scanObject(body, at, context.library, scanLibraryField);
}

function scanLibraryField(body: Body, library: { name?: string }, name: number, nameEnd: number, at: number): number {
  if (knownName(body, name, nameEnd) !== "name") return skipValue(body.bytes, at);
  const end = library.name === undefined ? plainEnd(body.bytes, at) : none;
  if (end !== none) library.name = body.text.slice(at + 1, end - 1);
  return end;
}
