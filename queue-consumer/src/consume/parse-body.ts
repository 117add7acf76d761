import { isObject, type Json, type JsonObject } from "@sluice/schema";
import { cutContexts } from "./cut-contexts.ts";

/**
 * `JSON.parse` of a request's body, but that events whose contexts are the same text share one object. Most of an event's
 * JSON is its context, which hardly differs within a request: it is read once, and so is what follows from it.
 *
 * The contexts are cut out of the text, the rest is parsed, and the contexts are put back. A cut leaves a value in the
 * place of a value, so that a text is valid exactly where the rest and all its contexts are.
 *
 * @returns what must not be changed, since its parts are shared.
 * @throws SyntaxError where `JSON.parse` does.
 */
export function parseBody(text: string): Json {
  const cut = cutContexts(text);
  if (cut === null) return JSON.parse(text) as Json;
  const contexts = cut.contexts.map((context) => JSON.parse(context) as JsonObject);
  const body = JSON.parse(cut.rest) as Json;
  let putBack = 0;
  for (const event of eventsOf(body)) {
    const context = typeof event?.context === "number" ? contexts[event.context] : undefined;
    if (event === null || context === undefined) continue;
    event.context = context;
    putBack += 1;
  }
  // Where one was cut elsewhere than in an event, the text is not what our clients send.
  return putBack === cut.cuts ? body : (JSON.parse(text) as Json);
}

/** An element of the batch; values that are no objects have no `context` either. */
interface CutEvent {
  context?: number | JsonObject;
}

function eventsOf(body: Json): readonly (CutEvent | null)[] {
  const batch = isObject(body) ? body["batch"] : undefined;
  return Array.isArray(batch) ? (batch as readonly (CutEvent | null)[]) : [];
}
