import type { Link } from "./identity.ts";

/*
 * Where a day's identity links are kept. Counting the users of any day needs the links of all days before it, so a mart
 * in R2 for each of them would be an object to read for each day that the project is old, at every roll-up. The links of
 * a day that has few are therefore kept in the day's own row of D1, from where one query takes those of many days.
 */

/** Links of a day, and characters of their text, that its row may hold; else all of them go to R2. */
const fewLinksMax = 500;
const fewLinksTextMax = 32_768;

/** In the row of a day without links, or with a mart of them. */
export const noFewLinks = "[]";

/** Four fields of an identify; an alias has a fifth. */
type LinkTuple = [string, string, number, string, 1?];

/**
 * Links as the row of their day holds them, in their order, so that the same links give the same text; `null` when they
 * are too many for it.
 */
export function fewLinksText(links: readonly Link[]): string | null {
  if (links.length > fewLinksMax) return null;
  const rows = links.map(({ anonymousId, userId, timeMs, messageId, isAlias }): LinkTuple => {
    return isAlias ? [anonymousId, userId, timeMs, messageId, 1] : [anonymousId, userId, timeMs, messageId];
  });
  const text = JSON.stringify(rows);
  return text.length > fewLinksTextMax ? null : text;
}

/** Reads {@link fewLinksText}. */
export function parseFewLinks(text: string): Link[] {
  const rows = JSON.parse(text) as LinkTuple[];
  return rows.map(([anonymousId, userId, timeMs, messageId, alias]) => {
    return { anonymousId, userId, timeMs, messageId, isAlias: alias === 1 };
  });
}
