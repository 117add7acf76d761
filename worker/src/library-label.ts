import { isObject, type Json, objectField, textField } from "@sluice/schema";

/** Names and versions as libraries have them; anything else could be anything, also somebody's address. */
const namePattern = /^@?[A-Za-z0-9][A-Za-z0-9/._ -]{0,59}$/;
const versionPattern = /^[A-Za-z0-9][A-Za-z0-9.:+_-]{0,39}$/;

/**
 * The library that sent an event, as a label of a counter: name and version, `unknown` when it states none, `odd` when it
 * states what no library is called. A request comes from one library, so its first event speaks for all.
 */
export function libraryLabel(event: Json | undefined): string {
  const context = isObject(event) ? objectField(event, "context") : null;
  const library = context === null ? null : objectField(context, "library");
  if (library === null) return "unknown";
  const name = textField(library, "name") ?? "";
  const version = textField(library, "version") ?? "";
  return namePattern.test(name) && versionPattern.test(version) ? `${name} ${version}` : "odd";
}
