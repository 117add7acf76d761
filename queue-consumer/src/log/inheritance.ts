import type { Inheritance, LastPlaces } from "@sluice/schema";
import { type Inherited, ParentAnswers } from "./asked-ids.ts";

/** Where the shards before a log end; of one without a parent, that there is nothing. */
export type Before = Omit<Inheritance, "hashKey">;

const nothing: Before = { last: { id: -1, undatedId: -1, slice: -1 }, ahead: [] };

/** As it is kept in SQL. */
export function textOfBefore({ last, ahead }: Before): string {
  return JSON.stringify({ ...last, ahead: ahead.map((filter) => Array.from(filter)) });
}

/** Reads what {@link textOfBefore} has written; `null` is a log without a parent. */
export function beforeOf(text: string | null): Before {
  if (text === null) return nothing;
  const { ahead = [], ...last } = JSON.parse(text) as LastPlaces & { readonly ahead?: readonly (readonly number[])[] };
  return { last, ahead: ahead.map((words) => Uint32Array.from(words)) };
}

/** Whether no id was given up to the log. */
export function hasNoIds({ last, ahead }: Before): boolean {
  return Math.max(last.id, last.undatedId) < 0 && ahead.length === 0;
}

/** What is known of the shards before when they have not been asked yet. */
export function unaskedOf({ last, ahead }: Before): Inherited {
  return { ids: new ParentAnswers(last.id, last.undatedId, ahead), slices: new ParentAnswers(last.slice) };
}
