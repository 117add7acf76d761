import { compareText } from "@sluice/lake";
import { hashText } from "./slice-hash.ts";
import { newSlots, packSlots, type SlotArray, type SlotCounts } from "./slot-counts.ts";

/** Distinct (type, name) pairs that one day's row keeps. A stranger with a public key can invent names without end. */
export const namesKeptMax = 1_000;

/** Bytes of JSON that one day's names and their counts may take: they fit a row of D1 (2 MB). */
export const namesBytesMax = 1_500_000;

/** Counts of one event name of one type by quarter hour; `name` is "" for types without names. */
export interface NameCount {
  readonly type: string;
  readonly name: string;
  readonly slots: SlotCounts;
}

interface Held {
  readonly type: string;
  readonly name: string;
  readonly hash: number;
  readonly slots: SlotArray;
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
  readonly #total = newSlots();

  constructor(kept: number = namesKeptMax) {
    this.#kept = kept;
  }

  /** Begins with counts of a name that were complete. */
  resume(type: string, name: string, slots: SlotCounts): void {
    for (let at = 0; at < slots.length; at += 2) this.#add(type, name, slots[at] ?? 0, slots[at + 1] ?? 0);
  }

  /** Counts an event in its quarter hour. */
  add(type: string, name: string, quarter: number): void {
    this.#add(type, name, quarter, 1);
  }

  #add(type: string, name: string, quarter: number, count: number): void {
    increase(this.#total, quarter, count);
    const key = `${type}\n${name}`;
    const held = this.#held.get(key);
    if (held !== undefined) {
      increase(held.slots, quarter, count);
      return;
    }
    const fresh: Held = { type, name, hash: hashText(key), slots: newSlots() };
    if (this.#firstDropped !== null && compareRank(fresh, this.#firstDropped) >= 0) return;
    increase(fresh.slots, quarter, count);
    this.#held.set(key, fresh);
    if (this.#held.size >= this.#kept * 2) this.#shrink();
  }

  /** The kept counts, ordered by type and name, and the counts of the events of all other names. */
  result(): { readonly names: readonly NameCount[]; readonly others: SlotCounts } {
    if (this.#held.size > this.#kept) this.#shrink();
    const kept = withinBytes([...this.#held.values()].sort(compareRank));
    const others = this.#total.slice();
    for (const { slots } of kept) for (const [quarter, count] of slots.entries()) decrease(others, quarter, count);
    const names = kept
      .map(({ type, name, slots }) => ({ type, name, slots: packSlots(slots) }))
      .sort((a, b) => compareText(a.type, b.type) || compareText(a.name, b.name));
    return { names, others: packSlots(others) };
  }

  #shrink(): void {
    const ranked = [...this.#held].sort(([, a], [, b]) => compareRank(a, b));
    for (const [key] of ranked.slice(this.#kept)) this.#held.delete(key);
    const first = ranked[this.#kept];
    if (first !== undefined) this.#firstDropped = first[1];
  }
}

/** The first of the ranked names that fit together. */
function withinBytes(ranked: readonly Held[]): Held[] {
  let bytes = 0;
  const end = ranked.findIndex((held) => {
    // A UTF-16 unit takes at most three bytes; digits and punctuation take one.
    bytes += JSON.stringify([held.type, held.name]).length * 3 + JSON.stringify(packSlots(held.slots)).length + 2;
    return bytes > namesBytesMax;
  });
  return ranked.slice(0, end === -1 ? ranked.length : end);
}

function increase(slots: SlotArray, quarter: number, count: number): void {
  slots[quarter] = (slots[quarter] ?? 0) + count;
}

function decrease(slots: SlotArray, quarter: number, count: number): void {
  slots[quarter] = (slots[quarter] ?? 0) - count;
}

function compareRank(a: Held, b: Held): number {
  return a.hash - b.hash || compareText(a.type, b.type) || compareText(a.name, b.name);
}
