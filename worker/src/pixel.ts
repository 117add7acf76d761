import { fail, ok, type Json, type Result } from "@sluice/schema";
import { pixelDataLengthMax, pixelPathLevelsMax } from "./limits.ts";

/** A transparent image of 1×1, as GIF89a. */
export const pixelGif: Uint8Array = Uint8Array.from(
  [
    [0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0],
    [0x21, 0xf9, 4, 1, 0, 0, 0, 0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b],
  ].flat(),
);

/**
 * The JSON bytes of Segment's pixel: `?data=` with the event in base64, either alphabet, padding optional; a `+` that arrived as
 * a space is taken for what it was. Whether they are JSON is for the parser of bodies to say.
 */
export function segmentPixelBody(
  data: string | null,
): Result<Uint8Array, "empty_body" | "invalid_json" | "request_too_large"> {
  if (data === null || data === "") return fail("empty_body");
  if (data.length > pixelDataLengthMax) return fail("request_too_large");
  const base64 = data.replaceAll(" ", "+").replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, "");
  try {
    return ok(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
  } catch {
    return fail("invalid_json"); // not base64, so there is no JSON in it either
  }
}

/**
 * The event of RudderStack's pixel: every query parameter is a field, and dots in its name are levels
 * (`properties.plan=pro`). All values are text; of a repeated parameter the first counts. The write key stays out of the event.
 */
export function rudderPixelBody(parameters: Iterable<readonly [string, string]>): Uint8Array {
  const event = emptyNode();
  const seen = new Set<string>();
  for (const [name, value] of parameters) {
    if (name === "" || name === "writeKey" || seen.has(name)) continue;
    seen.add(name);
    setAtPath(event, pathOf(name), value);
  }
  return new TextEncoder().encode(JSON.stringify(event));
}

/** An object without prototype: `__proto__` in it is a name like any other. */
interface Node {
  [name: string]: Json | Node;
}

function emptyNode(): Node {
  return Object.create(null) as Node;
}

function pathOf(name: string): readonly string[] {
  const levels = name.split(".");
  return levels.length > pixelPathLevelsMax ? [name] : levels;
}

/** A level that already holds a text is replaced by an object, as if the text had not been sent. */
function setAtPath(root: Node, path: readonly string[], value: string): void {
  let node = root;
  for (const level of path.slice(0, -1)) {
    const next = node[level];
    if (typeof next === "object" && next !== null) node = next as Node;
    else node = node[level] = emptyNode();
  }
  const last = path.at(-1) ?? "";
  if (typeof node[last] !== "object") node[last] = value;
}
