import { isObject, type Json, type JsonObject } from "@sluice/schema";
import { type Expected, JsonScan } from "./json-scan.ts";

/** A `context`, read once for all events of a request that have the same text. */
export interface ScannedContext {
  /** Its JSON as `JSON.stringify` writes it. */
  readonly text: string;
  readonly object: JsonObject;
  /** Its members by name; the same text is the same value. */
  readonly members: ReadonlyMap<string, ContextMember>;
}

/** A member of contexts. */
export interface ContextMember {
  /** Stands for its text. */
  readonly number: number;
  readonly text: string;
  readonly value: Json;
}

/** `properties`, of which only what columns are made of is parsed. */
export interface ScannedDocument {
  readonly text: string;
  readonly object: JsonObject;
}

/** An event of a request's body. */
export interface ScannedEvent {
  /** Its fields, with numbers in place of `context` and `properties` where these are objects. */
  readonly raw: JsonObject;
  readonly context: ScannedContext | null;
  readonly properties: ScannedDocument | null;
}

/** Members of `properties` that columns are made of. */
const columnProperties: ReadonlySet<string> = new Set([
  "name",
  "revenue",
  "currency",
  "url",
  "path",
  "title",
  "referrer",
]);

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
/** Contexts that the next one is compared with. */
const recentMax = 8;
const nothing: JsonObject = {};
/** How a letter of a name could be written otherwise. */
const escapedLetters = ["\\u006", "\\u007"] as const;
/** What is cut out; a search is the faster, the rarer its first character. */
const contextName = 'context":';
const propertiesName = 'properties":';

/**
 * Reads bodies of requests without parsing all of them. Contexts and properties are most of a body. Where their text is as
 * `JSON.stringify` writes it, it is what a row holds of them: they are cut out of the body, the rest is parsed, and of them
 * only what columns are made of. What contexts say is parsed once for each text that stands for it, through all bodies.
 *
 * What it gives keeps the body's text in memory.
 */
export class SentEvents {
  readonly #scan = new JsonScan();
  readonly #members = new Map<string, ContextMember>();
  /** For each member of contexts, by its place, the latest. */
  readonly #latest: (ContextMember | undefined)[] = [];
  readonly #propertyNames: Expected = [];
  readonly #contextNames: Expected = [];
  #recent: ScannedContext[] = [];
  #text = "";
  #at = 0;

  /**
   * The events of a body; `null` where a context or properties are not written so, or are elsewhere than in events: then it must be
   * parsed.
   *
   * @param text that `JSON.parse` takes.
   */
  read(text: string): readonly ScannedEvent[] | null {
    if (escapedLetters.some((letter) => text.includes(letter))) return null;
    this.#scan.begin(text);
    this.#text = text;
    this.#recent = [];
    const contexts: ScannedContext[] = [];
    const documents: ScannedDocument[] = [];
    const rest = this.#cut(contexts, documents);
    return rest === null ? null : putBack(JSON.parse(rest) as Json, contexts, documents);
  }

  /** The body with numbers in place of contexts and properties. */
  #cut(contexts: ScannedContext[], documents: ScannedDocument[]): string | null {
    const text = this.#text;
    let rest = "";
    let from = 0;
    let context = this.#find(contextName, 0);
    let properties = this.#find(propertiesName, 0);
    for (;;) {
      const isContext = context < properties;
      this.#at = isContext ? context : properties;
      if (this.#at === Infinity) return rest + text.slice(from);
      if (text.charCodeAt(this.#at) !== openBrace) return null;
      rest += text.slice(from, this.#at);
      if (isContext) {
        const found = this.#context();
        if (found === null) return null;
        rest += contexts.push(found) - 1;
      } else {
        const found = this.#document();
        if (found === null) return null;
        rest += documents.push(found) - 1;
      }
      from = this.#at;
      if (context < from) context = this.#find(contextName, from);
      if (properties < from) properties = this.#find(propertiesName, from);
    }
  }

  /** Where the value of the next member of a name begins; infinity where there is none. */
  #find(name: string, from: number): number {
    const text = this.#text;
    for (let at = text.indexOf(name, from); at >= 0; at = text.indexOf(name, at + 1)) {
      // Else the end of a longer name, or of a text.
      if (text.charCodeAt(at - 1) === quote && text.charCodeAt(at - 2) !== backslash) return at + name.length;
    }
    return Infinity;
  }

  #document(): ScannedDocument | null {
    const text = this.#text;
    const start = this.#at;
    let object: Record<string, Json> | null = null;
    if (text.charCodeAt(start + 1) === closeBrace) {
      this.#at = start + 2;
      return { text: "{}", object: nothing };
    }
    const number = this.#scan.newObject();
    for (this.#at += 1; ; this.#at += 1) {
      const name = this.#scan.nameAt(this.#at, number, 0, this.#propertyNames);
      if (name === null) return null;
      const next = this.#scan.next;
      const at = this.#at + name.prefix.length;
      const end = this.#scan.value(at, 0);
      if (end < 0) return null;
      if (columnProperties.has(name.text)) {
        object ??= {};
        object[name.text] = JSON.parse(text.slice(at, end)) as Json;
      }
      this.#scan.next = next;
      this.#at = end;
      const unit = text.charCodeAt(end);
      if (unit === closeBrace) break;
      if (unit !== comma) return null;
    }
    this.#at += 1;
    return { text: text.slice(start, this.#at), object: object ?? nothing };
  }

  #context(): ScannedContext | null {
    const text = this.#text;
    const start = this.#at;
    for (const recent of this.#recent) {
      if (!isAt(text, start, recent.text)) continue;
      this.#at = start + recent.text.length;
      return recent;
    }
    const object: Record<string, Json> = {};
    const members = new Map<string, ContextMember>();
    const number = this.#scan.newObject();
    let isEmpty = text.charCodeAt(start + 1) === closeBrace;
    for (this.#at += 1; !isEmpty; this.#at += 1) {
      const name = this.#scan.nameAt(this.#at, number, 0, this.#contextNames);
      if (name === null) return null;
      const next = this.#scan.next;
      const member = this.#member(this.#at + name.prefix.length, next);
      if (member === null) return null;
      object[name.text] = member.value;
      members.set(name.text, member);
      this.#scan.next = next;
      const unit = text.charCodeAt(this.#at);
      if (unit === closeBrace) isEmpty = true;
      else if (unit !== comma) return null;
      if (isEmpty) break;
    }
    this.#at += 1;
    const context = { text: text.slice(start, this.#at), object, members };
    this.#recent.unshift(context);
    if (this.#recent.length > recentMax) this.#recent.pop();
    return context;
  }

  /** A member of a context: the same object for the same text. */
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
    const end = this.#scan.value(at, 0);
    if (end < 0) return null;
    const piece = text.slice(at, end);
    let member = this.#members.get(piece);
    if (member === undefined) {
      member = { number: this.#members.size + 1, text: piece, value: JSON.parse(piece) as Json };
      this.#members.set(piece, member);
    }
    this.#latest[place] = member;
    this.#at = end;
    return member;
  }
}

/** The events; `null` where something was cut out elsewhere than from them. */
function putBack(
  body: Json,
  contexts: readonly ScannedContext[],
  documents: readonly ScannedDocument[],
): readonly ScannedEvent[] | null {
  const batch = isObject(body) ? body["batch"] : undefined;
  if (!Array.isArray(batch)) return null;
  const events: ScannedEvent[] = [];
  let cuts = 0;
  for (const raw of batch as readonly Json[]) {
    if (!isObject(raw)) return null;
    const context = typeof raw["context"] === "number" ? (contexts[raw["context"]] ?? null) : null;
    const properties = typeof raw["properties"] === "number" ? (documents[raw["properties"]] ?? null) : null;
    cuts += Number(context !== null) + Number(properties !== null);
    events.push({ raw, context, properties });
  }
  return cuts === contexts.length + documents.length ? events : null;
}

/** Whether a piece stands at a place. Of slices, since `startsWith` is slower by far; the end first, which tells most apart. */
function isAt(text: string, at: number, piece: string): boolean {
  const { length } = piece;
  if (text.charCodeAt(at + length - 1) !== piece.charCodeAt(length - 1)) return false;
  return text.slice(at, at + length) === piece;
}
