import { field, type JsonObject, textField } from "@sluice/schema";

const surrogate = /[\ud800-\udfff]/;

/** The text with every lone surrogate replaced by U+FFFD, as UTF-8 will hold it. */
export function wellFormed(text: string): string {
  // Most texts have no surrogates at all, which the first pattern tells at a fraction of the second one's cost.
  return surrogate.test(text) ? text.replace(/\p{Surrogate}/gu, "\ufffd") : text;
}

/** Likewise, for a text that may be missing. */
export function wellFormedOrNull(text: string | null): string | null {
  return text === null ? null : wellFormed(text);
}

/** A field as a text column holds it: a non-empty, well-formed text, else `null`. */
export function text(object: JsonObject, name: string): string | null {
  return wellFormedOrNull(textField(object, name));
}

/** Likewise, a number as its decimal text. */
export function textOrNumber(object: JsonObject, name: string): string | null {
  const value = field(object, name);
  return typeof value === "number" ? String(value) : text(object, name);
}
