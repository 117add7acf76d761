import { base64Url, type Json } from "@sluice/schema";

/*
 * Cursors of lists: the last entry of a page as one text, for callers to give back. They carry no right to anything: a forged one only
 * begins the caller's own list somewhere else, and one that is none is refused.
 */

const cursorLengthMax = 4_000;

/** A position as a text. */
export function pageCursor(position: readonly (string | number)[]): string {
  return base64Url(new TextEncoder().encode(JSON.stringify(position)));
}

/** Reads such a text; `null` when it is no list of as many texts and numbers as `shape` names. */
export function parsePageCursor(
  text: string,
  shape: readonly ("string" | "number")[],
): readonly (string | number)[] | null {
  if (text.length > cursorLengthMax || !/^[\w-]+$/.test(text)) return null;
  const value = parsed(text);
  if (!Array.isArray(value) || value.length !== shape.length) return null;
  const items = value as readonly (string | number)[];
  return items.every((item, index) => typeof item === shape[index]) ? items : null;
}

function parsed(text: string): Json {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)) as Json;
  } catch {
    return null; // no base64, no UTF-8 or no JSON: not a cursor
  }
}
