import { isUndated, undatedDaysKept } from "@sluice/schema";
import type { ColdIds } from "./cold-ids.ts";
import type { FilterBudget } from "./filter-budget.ts";
import {
  type Entries,
  entryCount,
  entryWords,
  hasEntry,
  isUndatedPlace,
  lastPlaceOf,
  placeOf,
  readEntry,
  sortEntries,
} from "./seen-entries.ts";
import { filterOf, mayHold, type SeenFilter } from "./seen-filter.ts";
import { pageIndexOf, type PageWrite, planFold } from "./seen-pages.ts";
import { SeenSet } from "./seen-set.ts";

/** A page in SQL, without its ids. */
export interface WarmPage {
  readonly place: number;
  /** Place of its last id. */
  readonly last: number;
  readonly count: number;
  /** The fold that wrote it: another fold gives another. */
  readonly version: number;
  readonly touchedAtMs: number;
}

/** Where pages are kept. */
export interface PageStore {
  /** All pages, by place. */
  pages(): readonly WarmPage[];
  entries(place: number): Entries;
  filter(place: number): SeenFilter;
  put(page: WarmPage, write: PageWrite, filter: SeenFilter): void;
}

/**
 * Ids seen so far, in up to three layers: `live` ones stand in block rows that are not folded yet and are always in memory;
 * `warm` ones stand in pages in SQL, whose filters are in memory as far as the budget allows; `cold` ones, of ids that nobody sent
 * for a day, lie in the lake's bucket.
 *
 * The caller changes it only after, or within, the transaction that makes the same change in SQL.
 */
export class SeenIndex {
  readonly #store: PageStore;
  readonly #filters: FilterBudget;
  readonly #cold: ColdIds | null;
  #live = new SeenSet();
  /** By place. */
  #pages: readonly WarmPage[];
  #places: readonly number[];
  /** The page read last: an append asks for ids in their order. */
  #open: { readonly page: WarmPage; readonly entries: Entries } | null = null;
  readonly #asked = new Uint32Array(entryWords);
  /** Place of the last id that states no time; −1 when there is none. */
  #lastUndated = -1;

  constructor(store: PageStore, filters: FilterBudget, cold: ColdIds | null) {
    this.#store = store;
    this.#filters = filters;
    this.#cold = cold;
    this.#pages = store.pages();
    this.#places = this.#pages.map((page) => page.place);
    const last = this.#pages.at(-1)?.last ?? -1;
    if (isUndatedPlace(last)) this.#lastUndated = last;
  }

  /** Ids of the live layer. */
  get liveCount(): number {
    return this.#live.size;
  }

  /** Pages of the warm layer, by place. */
  get pages(): readonly WarmPage[] {
    return this.#pages;
  }

  /** Place of the last id of all layers but the live one, of cold ids and of pages that end before a place; −1 when there is none. */
  lastPlaceBefore(end: number): number {
    const places = this.#pages.map(({ last }) => (last < end ? last : -1));
    return places.reduce((last, place) => Math.max(last, place), this.#cold?.last ?? -1);
  }

  /** All other ids, page by page: live ones, and those of pages that do not end before a place. */
  *entriesFrom(end: number): Generator<Entries> {
    yield this.#live.entries();
    for (const { place, last } of this.#pages) if (last >= end) yield this.#store.entries(place);
  }

  /** Place of the last id that states no time, or behind it; −1 when there is none. */
  get lastUndatedPlace(): number {
    return this.#lastUndated;
  }

  /** Whether the hash at byte `at` of `packed` was seen in a bucket; `null` when pages in the lake's bucket must be read first. */
  has(bucketMs: number, packed: Uint8Array, at: number): boolean | null {
    const entry = this.#asked;
    readEntry(bucketMs, packed, at, entry);
    if (isUndated(bucketMs)) return this.#hasUndated(entry);
    if (this.#live.hasEntry(entry) || this.#isWarm(entry)) return true;
    return this.#cold === null ? false : this.#cold.has(entry);
  }

  /** Adds packed hashes to a bucket's live layer. */
  addLive(bucketMs: number, packed: Uint8Array): void {
    this.#live.addAll(bucketMs, packed);
    if (isUndated(bucketMs)) this.#lastUndated = Math.max(this.#lastUndated, lastPlaceOf(bucketMs));
  }

  /**
   * Writes the live layer into pages, within the caller's transaction.
   *
   * @returns makes the index follow, to be called when the transaction has succeeded.
   */
  fold(version: number, nowMs: number): () => void {
    const known = new Map(this.#pages.map((page) => [page.place, page]));
    for (const write of planFold(this.#places, sortEntries(this.#live.entries()), (place) =>
      this.#store.entries(place),
    )) {
      const { place, entries, replaces } = write;
      const before = replaces === null ? undefined : known.get(replaces);
      if (before !== undefined) {
        this.#filters.drop(before); // would be read again if the transaction failed
        known.delete(before.place);
      }
      const last = placeOf(entries, entries.length - entryWords);
      const page = { place, last, count: entryCount(entries), version, touchedAtMs: nowMs };
      const filter = filterOf(entries);
      this.#store.put(page, write, filter);
      this.#filters.get(page, () => filter);
      known.set(place, page);
    }
    return () => {
      this.#live = new SeenSet(this.#live.size); // what comes next is mostly as much
      this.#take(known.values());
    };
  }

  /** Forgets pages that are no longer in SQL. */
  removePages(pages: ReadonlySet<WarmPage>): void {
    for (const page of pages) this.#filters.drop(page);
    this.#take(this.#pages.filter((page) => !pages.has(page)));
  }

  /** Looks on all days from 30 before the entry's to 30 after it, since receipts come in any order. */
  #hasUndated(entry: Entries): boolean {
    const own = entry[0] ?? 0;
    for (let days = -undatedDaysKept; days <= undatedDaysKept; days++) {
      entry[0] = own + days * 24;
      if (placeOf(entry) > this.#lastUndated) return false;
      if (this.#live.hasEntry(entry) || this.#isWarm(entry)) return true;
    }
    return false;
  }

  #isWarm(entry: Entries): boolean {
    const page = this.#pages[pageIndexOf(this.#places, placeOf(entry))];
    if (page === undefined) return false;
    if (
      !mayHold(
        this.#filters.get(page, () => this.#store.filter(page.place)),
        entry,
      )
    )
      return false;
    if (this.#open?.page !== page) this.#open = { page, entries: this.#store.entries(page.place) };
    return hasEntry(this.#open.entries, entry);
  }

  #take(pages: Iterable<WarmPage>): void {
    this.#open = null;
    this.#pages = [...pages].sort((a, b) => a.place - b.place);
    this.#places = this.#pages.map((page) => page.place);
  }
}
