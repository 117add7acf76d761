import { isObject, type Json, type JsonObject } from "./json.ts";
import { eventBytesMax, eventDepthMax, eventKeysMax, publicRequestBytesMax } from "./limits.ts";

/** Size of a parsed value. Exact up to where measuring stopped. */
export interface Measure {
  /** Bytes of UTF-8 JSON without white space, as `JSON.stringify` would write it. */
  bytes: number;
  /** Keys over all objects. */
  keys: number;
  /** Levels of nesting; a flat object has 1. */
  depth: number;
}

/**
 * Measures a value without serializing it. Stops beyond the depth or key limit of events, or beyond the bytes
 * of a public request, so the cost is bounded; not at the event's byte limit, which would hide the other two.
 */
export function measure(value: Json): Measure {
  const total: Measure = { bytes: 0, keys: 0, depth: 0 };
  measureInto(value, 1, total);
  return total;
}

/**
 * Whether a value is certainly within all limits of an event, told from lengths alone: no text is looked into, so it
 * costs a tenth of {@link measure}. `false` means only that somebody must measure.
 */
export function isSurelySmall(value: JsonObject): boolean {
  return bytesAtMost(value, 1) <= eventBytesMax;
}

/** An upper bound of an object's bytes as JSON; infinite where it is nested too deep. Stops beyond an event's limit. */
function bytesAtMost(value: JsonObject, level: number): number {
  if (level > eventDepthMax) return Number.POSITIVE_INFINITY;
  let bytes = 2;
  for (const key in value) {
    bytes += key.length * escapedBytesMax + 4 + itemBytesAtMost(value[key] as Json, level);
    if (bytes > eventBytesMax) break;
  }
  return bytes;
}

function listBytesAtMost(list: readonly Json[], level: number): number {
  if (level > eventDepthMax) return Number.POSITIVE_INFINITY;
  let bytes = 2;
  for (const item of list) {
    bytes += 1 + itemBytesAtMost(item, level);
    if (bytes > eventBytesMax) break;
  }
  return bytes;
}

function itemBytesAtMost(item: Json, level: number): number {
  if (typeof item === "string") return item.length * escapedBytesMax + 2;
  if (typeof item !== "object" || item === null) return numberBytesMax;
  return isObject(item) ? bytesAtMost(item, level + 1) : listBytesAtMost(item as readonly Json[], level + 1);
}

/** The longest a UTF-16 unit gets in JSON: `\u0000`. */
const escapedBytesMax = 6;
/** The longest a number gets, `-1.2345678901234567e-300`; `false` and `null` are shorter. */
const numberBytesMax = 25;

// The keys of a value this small cannot be too many: each takes at least five bytes, `"":0,`.
if (eventBytesMax / 5 > eventKeysMax) throw new Error("measure.ts: a small event could have too many keys");

function measureInto(value: Json, level: number, total: Measure): void {
  if (total.bytes > publicRequestBytesMax || total.keys > eventKeysMax || total.depth > eventDepthMax) return;
  if (typeof value === "string") {
    total.bytes += jsonStringBytes(value);
  } else if (typeof value === "number") {
    total.bytes += Number.isFinite(value) ? String(value).length : 4;
  } else if (typeof value === "boolean" || value === null) {
    total.bytes += value === false ? 5 : 4;
  } else {
    measureComposite(value, level, total);
  }
}

function measureComposite(value: readonly Json[] | JsonObject, level: number, total: Measure): void {
  total.depth = Math.max(total.depth, level);
  total.bytes += 2;
  if (Array.isArray(value)) {
    const items = value as readonly Json[];
    total.bytes += Math.max(0, items.length - 1);
    for (const item of items) measureInto(item, level + 1, total);
    return;
  }
  const keys = Object.keys(value);
  total.keys += keys.length;
  total.bytes += Math.max(0, keys.length - 1);
  for (const key of keys) {
    total.bytes += jsonStringBytes(key) + 1;
    measureInto((value as JsonObject)[key] as Json, level + 1, total);
  }
}

/** Bytes of a string as JSON: two quotes, UTF-8, escapes counted as written by `JSON.stringify`. */
function jsonStringBytes(text: string): number {
  let bytes = text.length + 2;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) {
      if (unit >= 0xd800 && unit <= 0xdbff && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
        bytes += 2; // a pair: two units, four bytes
        i++;
      } else if (unit >= 0xd800 && unit <= 0xdfff) bytes += 5; // alone: \udXXX
      else bytes += unit > 0x7ff ? 2 : 1;
    } else if (unit === 0x22 || unit === 0x5c) bytes += 1;
    else if (unit < 0x20) bytes += shortEscapes.includes(unit) ? 1 : 5;
  }
  return bytes;
}

/** \b \t \n \f \r have escapes of two characters; other control characters take six. */
const shortEscapes: readonly number[] = [8, 9, 10, 12, 13];
