/** A request's body without its contexts. */
export interface CutBody {
  /** The body, with a number in place of each context: its position in `contexts`. */
  readonly rest: string;
  readonly contexts: readonly string[];
  /** How many contexts were cut out. */
  readonly cuts: number;
}

/** The name with its closing quote: a search is the faster, the rarer its first character. */
const name = 'context"';
/** Contexts that the next one is compared with. */
const recentMax = 8;
/** How a letter of the name could be written otherwise. */
const escapedLetters = ["\\u006", "\\u007"] as const;

/**
 * Cuts the objects that are named `context` out of a JSON text, wherever they stand. Uses searches that engines do at the
 * speed of memory: looking at each character would take as long as parsing.
 *
 * `null` where contexts hardly repeat, and where the name stands before anything but an object: then every number that is
 * named so afterwards is a cut.
 *
 * @param text any text. Of what is no JSON, the pieces are no JSON either.
 */
export function cutContexts(text: string): CutBody | null {
  if (escapedLetters.some((letter) => text.includes(letter))) return null;
  const contexts: string[] = [];
  let rest = "";
  let from = 0;
  let cuts = 0;
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, Math.max(from, at + 1))) {
    if (text[at - 1] !== '"') continue; // the end of a longer name, or of a text
    const start = valueAfter(text, at);
    if (start < 0) return null;
    let position = recent(text, start, contexts);
    if (position < 0) {
      const end = objectEnd(text, start);
      if (end < 0) return null;
      position = contexts.push(text.slice(start, end)) - 1;
    }
    cuts += 1;
    if (contexts.length > recentMax + cuts / 2) return null;
    // The space keeps what follows from becoming a part of the number.
    rest += `${text.slice(from, start)}${position} `;
    from = start + (contexts[position] ?? "").length;
  }
  return cuts < 2 * contexts.length || cuts === 0 ? null : { rest: rest + text.slice(from), contexts, cuts };
}

/** Where the object that a field names begins; −1 where the name's quote is a character of a text, or it names no object. */
function valueAfter(text: string, at: number): number {
  const colon = at + name.length;
  if (text[at - 2] === "\\" || text[colon] !== ":") return -1;
  const start = text[colon + 1] === " " ? colon + 2 : colon + 1;
  return text[start] === "{" ? start : -1;
}

/** The latest of the contexts that a text goes on with: an object's text tells where it ends, so what begins with it is it. */
function recent(text: string, start: number, contexts: readonly string[]): number {
  const oldest = Math.max(0, contexts.length - recentMax);
  for (let i = contexts.length - 1; i >= oldest; i--) {
    const context = contexts[i] ?? "";
    if (text.slice(start, start + context.length) === context) return i; // startsWith is slower by far
  }
  return -1;
}

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** The end of an object that begins at a place, exclusive; −1 where it has none. */
function objectEnd(text: string, start: number): number {
  let depth = 0;
  let isInText = false;
  for (let at = start; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === quote) isInText = !isInText;
    else if (isInText) at += unit === backslash ? 1 : 0;
    else if (unit === openBrace) depth += 1;
    else if (unit === closeBrace) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}
