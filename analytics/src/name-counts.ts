import { compareText } from "@sluice/lake";
import { hashText } from "./slice-hash.ts";

/** Distinct (type, name) pairs that one day's row keeps. A stranger with a public key can invent names without end. */
export const namesKeptMax = 1_000;

/** UTF-16 units of JSON of one day's names: at 3 bytes a unit they fit a row of D1 (2 MB). */
export const namesTextMax = 500_000;

/** Count of one event name of one type; `name` is "" for types without names. */
export interface NameCount {
  readonly type: string;
  readonly name: string;
  readonly count: number;
}

interface Held {
  readonly type: string;
  readonly name: string;
  readonly hash: number;
  count: number;
}

/**
 * Counts events by type and name in bounded memory. Beyond `kept` pairs those with the smallest hash stay
 * (a bottom-k sample): a pair once dropped can never return, so the counts kept are exact, and the outcome does
 * not depend on the order of the events.
 */
export class NameCounts {
  readonly #kept: number;
  readonly #held = new Map<string, Held>();
  /** Pairs whose rank is at or above this one have been dropped. */
  #firstDropped: Held | null = null;
  #total = 0;

  constructor(kept: number = namesKeptMax) {
    this.#kept = kept;
  }

  add(type: string, name: string): void {
    this.#total += 1;
    const key = `${type}\n${name}`;
    const held = this.#held.get(key);
    if (held !== undefined) {
      held.count += 1;
      return;
    }
    const fresh: Held = { type, name, hash: hashText(key), count: 1 };
    if (this.#firstDropped !== null && compareRank(fresh, this.#firstDropped) >= 0) return;
    this.#held.set(key, fresh);
    if (this.#held.size >= this.#kept * 2) this.#shrink();
  }

  /** The kept counts, ordered by type and name, and the number of events of all other names. */
  result(): { readonly names: readonly NameCount[]; readonly otherEvents: number } {
    if (this.#held.size > this.#kept) this.#shrink();
    const names = withinText([...this.#held.values()].sort(compareRank))
      .map(({ type, name, count }) => ({ type, name, count }))
      .sort((a, b) => compareText(a.type, b.type) || compareText(a.name, b.name));
    return { names, otherEvents: names.reduce((left, entry) => left - entry.count, this.#total) };
  }

  #shrink(): void {
    const ranked = [...this.#held].sort(([, a], [, b]) => compareRank(a, b));
    for (const [key] of ranked.slice(this.#kept)) this.#held.delete(key);
    const first = ranked[this.#kept];
    if (first !== undefined) this.#firstDropped = first[1];
  }
}

/** The first of the ranked names whose texts fit together. */
function withinText(ranked: readonly Held[]): Held[] {
  let text = 0;
  const end = ranked.findIndex((held) => {
    // The count is taken at its longest, so that what fits does not change with it.
    text += JSON.stringify([held.type, held.name]).length + 17;
    return text > namesTextMax;
  });
  return ranked.slice(0, end === -1 ? ranked.length : end);
}

function compareRank(a: Held, b: Held): number {
  return a.hash - b.hash || compareText(a.type, b.type) || compareText(a.name, b.name);
}
