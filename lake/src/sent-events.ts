import { isObject, type Json, type JsonObject } from "@sluice/schema";

/** A `context`, read once for all events of a request that have the same text. */
export interface ScannedContext {
  readonly object: JsonObject;
  /** Its members by name. */
  readonly members: ReadonlyMap<string, ContextMember>;
}

/** A member of contexts: one object for each text, through all bodies. */
export interface ContextMember {
  /** Stands for its text; from 1 on. */
  readonly number: number;
  readonly text: string;
  readonly value: Json;
}

/** An event of a request's body. */
export interface ScannedEvent {
  /** Its fields; a number in place of its context. */
  readonly raw: JsonObject;
  readonly context: ScannedContext | null;
}

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
/** The name with its colon: a search is the faster, the rarer its first character. */
const contextName = 'context":';
/** Contexts that the next one is compared with. */
const recentMax = 8;
/** Members that are known; those of further ones are parsed each time. */
const membersMax = 100_000;
/** How a letter of the name could be written otherwise. */
const escapedLetters = ["\\u006", "\\u007"] as const;

/**
 * Reads bodies of requests without parsing their contexts, which are most of them: they are cut out, the rest is parsed, and of
 * contexts each member is parsed once for each text that stands for it, through all bodies. Visitors differ in their session and their
 * page, hardly in the rest.
 */
export class SentEvents {
  readonly #members = new Map<string, ContextMember>();
  /** For each member of contexts, by its place, the latest. */
  readonly #latest: ContextMember[] = [];
  #recent: { readonly text: string; readonly context: ScannedContext }[] = [];
  #text = "";
  #at = 0;
  #numbers = 0;

  /**
   * The events of a body; `null` where contexts are written in another way than serializers do, or stand elsewhere than in events:
   * then it must be parsed.
   *
   * @param text that `JSON.parse` takes.
   */
  read(text: string): readonly ScannedEvent[] | null {
    if (escapedLetters.some((letter) => text.includes(letter))) return null;
    this.#text = text;
    this.#recent = [];
    const contexts: ScannedContext[] = [];
    let rest = "";
    let from = 0;
    for (let at = text.indexOf(contextName); at >= 0; at = text.indexOf(contextName, from)) {
      const start = at + contextName.length;
      const isName = text.charCodeAt(at - 1) === quote && text.charCodeAt(at - 2) !== backslash;
      if (!isName || text.charCodeAt(start) !== openBrace) return null;
      this.#at = start;
      const context = this.#context();
      if (context === null) return null;
      rest += `${text.slice(from, start)}${contexts.push(context) - 1}`;
      from = this.#at;
    }
    this.#recent = [];
    return putBack(JSON.parse(rest + text.slice(from)) as Json, contexts);
  }

  #context(): ScannedContext | null {
    const start = this.#at;
    for (const { text, context } of this.#recent) {
      if (!isAt(this.#text, start, text)) continue;
      this.#at = start + text.length;
      return context;
    }
    const context = this.#readContext();
    if (context === null) return null;
    this.#recent.unshift({ text: this.#text.slice(start, this.#at), context });
    if (this.#recent.length > recentMax) this.#recent.pop();
    return context;
  }

  #readContext(): ScannedContext | null {
    const text = this.#text;
    const object: Record<string, Json> = {};
    const members = new Map<string, ContextMember>();
    if (text.charCodeAt(this.#at + 1) === closeBrace) {
      this.#at += 2;
      return { object, members };
    }
    for (this.#at += 1; ; this.#at += 1) {
      const nameEnd = text.charCodeAt(this.#at) === quote ? stringEnd(text, this.#at) : -1;
      const name = text.slice(this.#at + 1, nameEnd - 1);
      // An escape may hide a name, and this one no assignment makes a member.
      if (nameEnd < 0 || text[nameEnd] !== ":" || name.includes("\\") || name === "__proto__") return null;
      const member = this.#member(nameEnd + 1, members.size);
      if (member === null) return null;
      object[name] = member.value;
      members.set(name, member);
      const unit = text.charCodeAt(this.#at);
      if (unit === closeBrace) break;
      if (unit !== comma) return null;
    }
    this.#at += 1;
    return { object, members };
  }

  /** The member whose value begins at a place. */
  #member(at: number, place: number): ContextMember | null {
    const text = this.#text;
    const latest = this.#latest[place];
    if (latest !== undefined && isAt(text, at, latest.text)) {
      const end = at + latest.text.length;
      const unit = text.charCodeAt(end);
      if (unit === comma || unit === closeBrace) {
        this.#at = end;
        return latest;
      }
    }
    const end = valueEnd(text, at);
    if (end < 0) return null;
    const piece = text.slice(at, end);
    const member = this.#members.get(piece) ?? this.#newMember(piece);
    this.#latest[place] = member;
    this.#at = end;
    return member;
  }

  #newMember(piece: string): ContextMember {
    const text = JSON.parse(JSON.stringify(piece)) as string; // a copy: a slice would keep the body in memory
    const member = { number: ++this.#numbers, text, value: JSON.parse(text) as Json };
    if (this.#members.size < membersMax) this.#members.set(text, member);
    return member;
  }
}

/** The events; `null` where a context was cut out elsewhere than from one. */
function putBack(body: Json, contexts: readonly ScannedContext[]): readonly ScannedEvent[] | null {
  const batch = isObject(body) ? body["batch"] : undefined;
  if (!Array.isArray(batch)) return null;
  const events: ScannedEvent[] = [];
  let found = 0;
  for (const raw of batch as readonly Json[]) {
    const place = isObject(raw) ? raw["context"] : undefined;
    const context = typeof place === "number" ? (contexts[place] ?? null) : null;
    if (context !== null) found += 1;
    events.push({ raw: raw as JsonObject, context });
  }
  return found === contexts.length ? events : null;
}

/** Whether a piece stands at a place. Of slices, since `startsWith` is slower by far; its end first, which tells most apart. */
function isAt(text: string, at: number, piece: string): boolean {
  const { length } = piece;
  if (text.charCodeAt(at + length - 1) !== piece.charCodeAt(length - 1)) return false;
  return text.slice(at, at + length) === piece;
}

/** The end of a string, exclusive; −1 where it has none. */
function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === quote) return at + 1;
    if (unit === backslash) at += 1;
  }
  return -1;
}

/** The end of a value, exclusive; −1 where it has none. */
function valueEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === quote) {
      at = stringEnd(text, at) - 1;
      if (at < 0) return -1;
    } else if (unit === openBrace || unit === openBracket) depth += 1;
    else if (unit === comma && depth === 0) return at;
    else if (unit === closeBrace || unit === closeBracket) {
      if (depth === 0) return at;
      depth -= 1;
    }
  }
  return -1;
}
