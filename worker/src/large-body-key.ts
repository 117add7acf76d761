import { writeKeyLengthMax } from "@sluice/schema";
import { writeKeyCandidatesMax } from "./limits.ts";

const name = '"writeKey"';

/**
 * Texts that may be the write key of a body, without parsing it: the strings after `"writeKey":`, from both ends, at most
 * {@link writeKeyCandidatesMax}. Only for deciding whether a large body is worth parsing: a body of 8 MB becomes some
 * 100 MB of objects, and a stranger must not be able to ask for that. Which key the body really names, the parsed body says;
 * a key that is written with escapes is not found here, and such a body may have the public size only.
 */
export function writeKeyCandidates(body: string): readonly string[] {
  const places = new Set<number>();
  let from = 0;
  let until = body.length;
  while (places.size < writeKeyCandidatesMax) {
    const first = body.indexOf(name, from);
    if (first < 0 || first > until) break;
    places.add(first);
    from = first + name.length;
    const last = body.lastIndexOf(name, until);
    if (last < from) break;
    places.add(last);
    until = last - 1;
  }
  return [...places].flatMap((place) => keyAfter(body, place + name.length) ?? []);
}

/** White space that anyone may put around a colon, and the longest key, fit into these characters. */
const lookAhead = 64 + writeKeyLengthMax;

/** The string that follows a name. */
function keyAfter(body: string, start: number): string | null {
  return /^\s{0,30}:\s{0,30}"([^"\\]{1,200})"/.exec(body.slice(start, start + lookAhead))?.[1] ?? null;
}
