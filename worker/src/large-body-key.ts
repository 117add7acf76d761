import { writeKeyLengthMax } from "@sluice/schema";
import { writeKeyCandidatesMax } from "./limits.ts";

const name = new TextEncoder().encode('"writeKey"');
const colon = 0x3a;
const quote = 0x22;

/**
 * Texts that may be the write key of a body, without parsing it: the strings after `"writeKey":`, from both ends, at most
 * {@link writeKeyCandidatesMax}. Only for deciding whether a large body is worth parsing: a body of 8 MB becomes some
 * 100 MB of objects, and a stranger must not be able to ask for that. Which key the body really names, the parsed body says;
 * a key that is written with escapes is not found here, and such a body may have the public size only.
 *
 * @param bytes a Buffer's `indexOf` searches at memory speed, so 8 MB cost a millisecond.
 */
export function writeKeyCandidates(bytes: ByteSearch): readonly string[] {
  const places = new Set<number>();
  let from = 0;
  let until = bytes.length;
  while (places.size < writeKeyCandidatesMax) {
    const first = bytes.indexOf(name, from);
    if (first < 0) break;
    places.add(first);
    from = first + name.length;
    const last = bytes.lastIndexOf(name, until);
    if (last < from) break;
    places.add(last);
    until = last - 1;
  }
  return [...places].flatMap((place) => stringAfter(bytes, place + name.length) ?? []);
}

/** What is needed of a Node Buffer. */
export interface ByteSearch extends Uint8Array {
  indexOf(value: Uint8Array | number, from?: number): number;
  lastIndexOf(value: Uint8Array | number, from?: number): number;
}

/** The string that follows a name: white space, a colon, white space, and up to a key's length between quotes. */
function stringAfter(bytes: ByteSearch, start: number): string | null {
  let at = afterSpace(bytes, start);
  if (bytes[at] !== colon) return null;
  at = afterSpace(bytes, at + 1);
  if (bytes[at] !== quote) return null;
  const text = bytes.subarray(at + 1, at + 2 + writeKeyLengthMax);
  const end = Uint8Array.prototype.indexOf.call(text, quote);
  return end < 0 ? null : new TextDecoder().decode(text.subarray(0, end));
}

/** The first position that is no white space, looking at most as far as anyone indents. */
function afterSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < start + 64 && (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09))
    at++;
  return at;
}
