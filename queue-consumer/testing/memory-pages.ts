import type { Entries } from "../src/log/seen-entries.ts";
import type { SeenFilter } from "../src/log/seen-filter.ts";
import type { PageStore, WarmPage } from "../src/log/seen-index.ts";

/** Pages in memory, in place of SQL. */
export class MemoryPages implements PageStore {
  readonly rows = new Map<number, { page: WarmPage; entries: Entries; filter: SeenFilter }>();

  pages(): readonly WarmPage[] {
    return [...this.rows.values()].map(({ page }) => page).sort((a, b) => a.place - b.place);
  }

  entries(place: number): Entries {
    return this.#row(place).entries;
  }

  filter(place: number): SeenFilter {
    return this.#row(place).filter;
  }

  put(page: WarmPage, { replaces, entries }: Parameters<PageStore["put"]>[1], filter: SeenFilter): void {
    if (replaces !== null) this.rows.delete(replaces);
    this.rows.set(page.place, { page, entries, filter });
  }

  #row(place: number) {
    const row = this.rows.get(place);
    if (row === undefined) throw new Error(`no page at ${place}`);
    return row;
  }
}
