import type { JsonObject } from "@sluice/schema";

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

/*
 * Every function takes the place at which something begins and returns the place behind it, or `none` where what stands there
 * is no JSON, or nothing that this scan reads.
 */
const none = -1;
/** Values within values that are looked into. */
const depthMax = 32;

const [tab, lineFeed, carriageReturn, space] = [0x09, 0x0a, 0x0d, 0x20];
const [quote, comma, colon, backslash] = [0x22, 0x2c, 0x3a, 0x5c];
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d];
const [plus, minus, dot, zero, nine, letterE, letterU] = [0x2b, 0x2d, 0x2e, 0x30, 0x39, 0x65, 0x75];

/** Bytes at which a text must be looked at more closely: its end, escapes, control characters; and bytes beyond ASCII. */
const stopsText = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < space || byte === quote || byte === backslash ? 1 : 0,
);
const stopsAscii = stopsText.map((stops, byte) => (byte >= 0x80 ? 1 : stops));

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
  if (knownName(body, name, nameEnd) !== "batch") return skipValue(body.bytes, at, 0);
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
      return skipValue(body.bytes, at, 0);
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
  if (knownName(body, name, nameEnd) !== "library") return skipValue(body.bytes, at, 0);
  if (context.library !== undefined) return none;
  context.library = {};
  return scanObject(body, at, context.library, scanLibraryField);
}

function scanLibraryField(body: Body, library: { name?: string }, name: number, nameEnd: number, at: number): number {
  if (knownName(body, name, nameEnd) !== "name") return skipValue(body.bytes, at, 0);
  const end = library.name === undefined ? plainEnd(body.bytes, at) : none;
  if (end !== none) library.name = body.text.slice(at + 1, end - 1);
  return end;
}

/** Reads any value, for nothing but its end. */
function skipValue(bytes: Uint8Array, at: number, depth: number): number {
  switch (bytes[at]) {
    case quote:
      return skipText(bytes, at);
    case openBrace:
      return depth === depthMax ? none : skipObject(bytes, at, depth + 1);
    case openBracket:
      return depth === depthMax ? none : skipArray(bytes, at, depth + 1);
    case 0x74:
      return skipWord(bytes, at, "true");
    case 0x66:
      return skipWord(bytes, at, "false");
    case 0x6e:
      return skipWord(bytes, at, "null");
    default:
      return skipNumber(bytes, at);
  }
}

function skipObject(bytes: Uint8Array, start: number, depth: number): number {
  let at = pastSpace(bytes, start + 1);
  if (bytes[at] === closeBrace) return at + 1;
  for (;;) {
    if (bytes[at] !== quote) return none;
    const nameEnd = skipText(bytes, at);
    const value = nameEnd === none ? none : pastColon(bytes, nameEnd);
    const end = value === none ? none : skipValue(bytes, value, depth);
    if (end === none) return none;
    at = pastSpace(bytes, end);
    if (bytes[at] === closeBrace) return at + 1;
    if (bytes[at] !== comma) return none;
    at = pastSpace(bytes, at + 1);
  }
}

function skipArray(bytes: Uint8Array, start: number, depth: number): number {
  let at = pastSpace(bytes, start + 1);
  if (bytes[at] === closeBracket) return at + 1;
  for (;;) {
    const end = skipValue(bytes, at, depth);
    if (end === none) return none;
    at = pastSpace(bytes, end);
    if (bytes[at] === closeBracket) return at + 1;
    if (bytes[at] !== comma) return none;
    at = pastSpace(bytes, at + 1);
  }
}

function skipText(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  for (;;) {
    while (stopsText[bytes[at] ?? quote] === 0) at++;
    if (bytes[at] === quote) return at + 1;
    if (bytes[at] !== backslash) return none; // a control character, or the end of the body
    const escaped = bytes[at + 1] ?? 0;
    if (escaped === letterU) {
      for (let digit = at + 2; digit < at + 6; digit++) if (!isHexDigit(bytes[digit] ?? 0)) return none;
      at += 6;
    } else if (isEscape(escaped)) at += 2;
    else return none;
  }
}

/** The end of a text that holds neither escapes nor anything beyond ASCII. */
function plainEnd(bytes: Uint8Array, start: number): number {
  if (bytes[start] !== quote) return none;
  let at = start + 1;
  while (stopsAscii[bytes[at] ?? quote] === 0) at++;
  return bytes[at] === quote ? at + 1 : none;
}

/** The characters `"`, `\`, `/`, `b`, `f`, `n`, `r` and `t`. */
function isEscape(byte: number): boolean {
  return byte !== 0 && '"\\/bfnrt'.includes(String.fromCharCode(byte));
}

function isHexDigit(byte: number): boolean {
  const letter = byte | 0x20;
  return (byte >= zero && byte <= nine) || (letter >= 0x61 && letter <= 0x66);
}

function skipWord(bytes: Uint8Array, start: number, word: string): number {
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word.charCodeAt(i)) return none;
  return start + word.length;
}

function skipNumber(bytes: Uint8Array, start: number): number {
  let at = bytes[start] === minus ? start + 1 : start;
  const whole = at;
  at = pastDigits(bytes, at);
  if (at === whole || (bytes[whole] === zero && at > whole + 1)) return none;
  if (bytes[at] === dot) {
    const fraction = at + 1;
    at = pastDigits(bytes, fraction);
    if (at === fraction) return none;
  }
  if (((bytes[at] ?? 0) | 0x20) === letterE) {
    const sign = bytes[at + 1];
    const exponent = sign === plus || sign === minus ? at + 2 : at + 1;
    at = pastDigits(bytes, exponent);
    if (at === exponent) return none;
  }
  return at;
}

function pastDigits(bytes: Uint8Array, start: number): number {
  let at = start;
  while ((bytes[at] ?? 0) >= zero && (bytes[at] ?? 0) <= nine) at++;
  return at;
}

/** Where a field's value begins, from behind its name's closing quote. */
function pastColon(bytes: Uint8Array, start: number): number {
  const at = pastSpace(bytes, start);
  return bytes[at] === colon ? pastSpace(bytes, at + 1) : none;
}

function pastSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    const byte = bytes[at] ?? quote;
    if (byte > space || (byte !== space && byte !== lineFeed && byte !== carriageReturn && byte !== tab)) return at;
    at++;
  }
}
