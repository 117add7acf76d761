import type { Json, JsonObject } from "@sluice/schema";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** JSON text of a judged event's value: depth and size are known to be bounded. Lone surrogates become U+FFFD. */
export function jsonText(value: Json): string {
  return wellFormedJson(JSON.stringify(value));
}

/** JSON text of a value of any size and depth, cut at `bytesMax` bytes of UTF-8; `whole` when nothing was cut. */
export function boundedJsonText(value: Json, bytesMax: number): { readonly text: string; readonly whole: boolean } {
  const pieces: string[] = [];
  let length = 0;
  let cut = false;
  for (const piece of jsonPieces(value, bytesMax)) {
    pieces.push(piece);
    length += piece.length;
    cut = length > bytesMax;
    if (cut) break;
  }
  const text = wellFormedJson(pieces.join(""));
  const shortened = cutText(text, bytesMax);
  return { text: shortened, whole: !cut && shortened === text };
}

/** The longest prefix of a text that fits `bytesMax` bytes of UTF-8. */
export function cutText(text: string, bytesMax: number): string {
  if (text.length * 3 <= bytesMax) return text;
  const bytes = encoder.encode(text.slice(0, bytesMax));
  let end = Math.min(bytesMax, bytes.length);
  if (end === bytes.length && text.length <= bytesMax) return text;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return decoder.decode(bytes.subarray(0, end));
}

/** `JSON.stringify` writes lone surrogates, and nothing else, as `\ud…`; engines refuse to parse those. */
function wellFormedJson(text: string): string {
  if (!text.includes("\\ud")) return text;
  return text.replace(/\\(?:u(d[89a-f][0-9a-f]{2})|.)/g, (escape, lone: string | undefined) =>
    lone === undefined ? escape : "\ufffd",
  );
}

interface Frame {
  readonly close: "]" | "}";
  readonly keys: readonly string[] | null;
  readonly value: readonly Json[] | JsonObject;
  next: number;
}

/**
 * The pieces of a value's JSON, in order. With a stack of its own: a hostile value may be nested deeper than
 * the engine's, and a caller that stops early has paid only for what it took.
 */
function* jsonPieces(value: Json, textMax: number): Generator<string> {
  const stack: Frame[] = [];
  yield opened(value, textMax, stack);
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const { keys, next } = frame;
    const size = keys === null ? (frame.value as readonly Json[]).length : keys.length;
    if (next === size) {
      stack.pop();
      yield frame.close;
      continue;
    }
    frame.next += 1;
    const comma = next === 0 ? "" : ",";
    const key = keys?.[next];
    const child = key === undefined ? (frame.value as readonly Json[])[next] : (frame.value as JsonObject)[key];
    const label = key === undefined ? "" : `${scalarText(key, textMax)}:`;
    yield comma + label + opened(child ?? null, textMax, stack);
  }
}

/** A scalar's JSON, or the opening bracket of a composite, whose frame is pushed. */
function opened(value: Json, textMax: number, stack: Frame[]): string {
  if (typeof value !== "object" || value === null) return scalarText(value, textMax);
  if (Array.isArray(value)) {
    stack.push({ close: "]", keys: null, value: value as readonly Json[], next: 0 });
    return "[";
  }
  stack.push({ close: "}", keys: Object.keys(value), value: value as JsonObject, next: 0 });
  return "{";
}

/** JSON of a scalar; of a text longer than the limit only as much as is sure to be over it. */
function scalarText(value: null | boolean | number | string, textMax: number): string {
  return JSON.stringify(typeof value === "string" ? value.slice(0, textMax + 1) : value);
}
