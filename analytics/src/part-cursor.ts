import { parsePartKey } from "@sluice/lake";
import { isObject, type Json } from "@sluice/schema";

/** Where a walk over the parts of a range goes on: at a row of one version of a part. */
export interface PartCursor {
  readonly key: string;
  readonly etag: string;
  /** Rows of this version that are done. */
  readonly row: number;
}

/** A cursor as one text, for callers to keep and give back. */
export function cursorText(cursor: PartCursor): string {
  return btoa(JSON.stringify([cursor.key, cursor.etag, cursor.row]))
    .replaceAll("+", "-")
    .replaceAll("/", "_");
}

/** Reads such a text; `null` when it is none. */
export function parseCursor(text: string): PartCursor | null {
  if (text.length > 1_000) return null;
  const value = parsed(text);
  if (!Array.isArray(value) || value.length !== 3) return null;
  const [key, etag, row] = value as readonly unknown[];
  if (typeof key !== "string" || parsePartKey(key) === null || typeof etag !== "string") return null;
  return typeof row === "number" && Number.isSafeInteger(row) && row >= 0 ? { key, etag, row } : null;
}

function parsed(text: string): Json {
  try {
    const value = JSON.parse(atob(text.replaceAll("-", "+").replaceAll("_", "/"))) as Json;
    return isObject(value) || Array.isArray(value) ? value : null;
  } catch {
    return null; // no base64 or no JSON: not a cursor
  }
}
