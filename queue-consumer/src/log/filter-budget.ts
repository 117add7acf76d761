import type { SeenFilter } from "./seen-filter.ts";

/**
 * Filters in memory, of all objects of an isolate together, the least recently used leaving first: objects of a class can share
 * one isolate of 128 MB, and each has reason to load all of its filters. A filter belongs to a page, named by identity.
 */
export class FilterBudget {
  readonly #bytesMax: number;
  /** In order of use, the least recent first. */
  readonly #filters = new Map<object, SeenFilter>();
  #bytes = 0;
  /** The one used last: an append asks for ids in their order, and so for one page after the other. */
  #latest: { readonly page: object; readonly filter: SeenFilter } | null = null;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Memory in use. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The filter of a page; calls `load` if it is not in memory. */
  get(page: object, load: () => SeenFilter): SeenFilter {
    if (this.#latest?.page === page) return this.#latest.filter;
    const known = this.#filters.get(page);
    if (known !== undefined) this.#filters.delete(page);
    const filter = known ?? load();
    this.#filters.set(page, filter); // now the most recently used
    this.#latest = { page, filter };
    if (known === undefined) this.#grow(filter.byteLength);
    return filter;
  }

  /** Forgets the filter of a page that is no more. */
  drop(page: object): void {
    const filter = this.#filters.get(page);
    if (filter === undefined) return;
    this.#filters.delete(page);
    if (this.#latest?.page === page) this.#latest = null;
    this.#bytes -= filter.byteLength;
  }

  #grow(bytes: number): void {
    this.#bytes += bytes;
    for (const page of this.#filters.keys()) {
      if (this.#bytes <= this.#bytesMax || this.#filters.size === 1) return;
      this.drop(page);
    }
  }
}
