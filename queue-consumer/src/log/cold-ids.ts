import { coldAnswersMax, coldWindowPagesMax } from "./limits.ts";
import { type Entries, entryBytes, entryWords, hasEntry, placeOf } from "./seen-entries.ts";
import { SeenSet } from "./seen-set.ts";

/** A page of ids that lies in an object of the lake's bucket; never changed. */
export interface ColdPage {
  /** Number of the object: a log gives each only once. */
  readonly object: number;
  /** Where it stands among the object's pages. */
  readonly index: number;
  /** First entry within the object. */
  readonly at: number;
  readonly count: number;
  /** Places of its first and last id. */
  readonly first: number;
  readonly last: number;
}

/** Neighbouring pages of one object, to be read in one call. */
export interface ColdWindow {
  readonly object: number;
  readonly offset: number;
  readonly bytes: number;
  readonly pages: readonly ColdPage[];
}

/** Pages that one object can have; more than are ever packed. */
export const pagesPerObject = 4096;

/**
 * Ids that are in the lake's bucket. What is known of them here: where each page lies, a filter of each (loaded by the
 * caller), and what was read: whether an id is in a page or not, which holds for ever, since pages never change.
 */
export class ColdIds {
  readonly #mayHold: (page: ColdPage, entry: Entries) => boolean;
  /** By object; the pages of one are in the order of their ids. */
  readonly #objects = new Map<number, ColdPage[]>();
  #last = -1;
  #present = new SeenSet();
  #absent = new SeenSet();

  /** @param mayHold whether the filter of a page holds an entry. */
  constructor(mayHold: (page: ColdPage, entry: Entries) => boolean) {
    this.#mayHold = mayHold;
  }

  /** Place of the last cold id; −1 when there is none. Ids behind it need not be asked for. */
  get last(): number {
    return this.#last;
  }

  /** Adds the pages of an object, in the order of their ids. */
  add(pages: readonly ColdPage[]): void {
    for (const page of pages) {
      const others = this.#objects.get(page.object);
      if (others === undefined) this.#objects.set(page.object, [page]);
      else others.push(page);
      this.#last = Math.max(this.#last, page.last);
    }
  }

  /** Whether an entry is cold; `null` when that cannot be told before {@link unread} pages are. */
  has(entry: Entries): boolean | null {
    const candidates = this.#candidates(entry);
    if (candidates.some((page) => this.#present.hasEntry(answerKey(page, entry)))) return true;
    return candidates.every((page) => this.#absent.hasEntry(answerKey(page, entry))) ? false : null;
  }

  /** Pages that must be read before {@link has} can tell. */
  unread(entry: Entries): readonly ColdPage[] {
    return this.#candidates(entry).filter((page) => !this.#isAnswered(page, entry));
  }

  /** Takes what a window was found to hold: answers for the asked entries. */
  read(window: ColdWindow, content: Entries, asked: readonly Entries[]): void {
    const start = window.pages[0]?.at ?? 0;
    for (const page of window.pages) {
      const from = (page.at - start) * entryWords;
      const entries = content.subarray(from, from + page.count * entryWords);
      for (const entry of asked) {
        if (!covers(page, placeOf(entry)) || this.#isAnswered(page, entry)) continue;
        (hasEntry(entries, entry) ? this.#present : this.#absent).addEntry(answerKey(page, entry));
      }
    }
  }

  /** Forgets answers when they are many. Not to be called between reading and using them. */
  trim(): void {
    if (this.#present.size > coldAnswersMax) this.#present = new SeenSet();
    if (this.#absent.size > coldAnswersMax) this.#absent = new SeenSet();
  }

  #candidates(entry: Entries): readonly ColdPage[] {
    const place = placeOf(entry);
    const candidates: ColdPage[] = [];
    if (place > this.#last) return candidates;
    for (const pages of this.#objects.values()) {
      const page = pageAt(pages, place);
      if (page !== null && this.#mayHold(page, entry)) candidates.push(page);
    }
    return candidates;
  }

  #isAnswered(page: ColdPage, entry: Entries): boolean {
    const key = answerKey(page, entry);
    return this.#present.hasEntry(key) || this.#absent.hasEntry(key);
  }
}

/** As few windows as hold the pages, each of neighbouring pages of one object. */
export function windowsOf(pages: Iterable<ColdPage>): readonly ColdWindow[] {
  const sorted = [...new Set(pages)].sort((a, b) => a.object - b.object || a.index - b.index);
  const groups: ColdPage[][] = [];
  for (const page of sorted) {
    const open = groups.at(-1);
    const first = open?.[0];
    if (open === undefined || first?.object !== page.object || page.index - first.index >= coldWindowPagesMax) {
      groups.push([page]);
    } else {
      open.push(page);
    }
  }
  return groups.flatMap((group) => {
    const [first, last] = [group[0], group.at(-1)];
    if (first === undefined || last === undefined) return [];
    const count = last.at + last.count - first.at;
    return [{ object: first.object, offset: first.at * entryBytes, bytes: count * entryBytes, pages: group }];
  });
}

/**
 * The windows to read for one append: of as many of its slices as the bound allows, so that these can be stored whole. A slice
 * that needs more by itself gets its first ones; the answers stay, so that it comes further with each delivery.
 *
 * @param slices the unread pages of each slice.
 */
export function chooseWindows(slices: Iterable<readonly ColdPage[]>, windowsMax: number): readonly ColdWindow[] {
  let chosen: readonly ColdWindow[] = [];
  let tooLarge: readonly ColdWindow[] = [];
  let pages: readonly ColdPage[] = [];
  for (const slice of slices) {
    if (slice.length === 0) continue;
    const windows = windowsOf([...pages, ...slice]);
    if (windows.length > windowsMax) {
      if (tooLarge.length === 0) tooLarge = windowsOf(slice);
      continue;
    }
    chosen = windows;
    pages = windows.flatMap((window) => window.pages);
  }
  return chosen.length > 0 ? chosen : tooLarge.slice(0, windowsMax);
}

/** The page whose range includes a place, or `null`. */
function pageAt(pages: readonly ColdPage[], place: number): ColdPage | null {
  let low = 0;
  let high = pages.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((pages[middle]?.last ?? 0) < place) low = middle + 1;
    else high = middle;
  }
  const page = pages[low];
  return page !== undefined && covers(page, place) ? page : null;
}

function covers(page: ColdPage, place: number): boolean {
  return page.first <= place && place <= page.last;
}

/** An answer is kept under the page's number and the entry's hash, into which the entry's hour is mixed. */
function answerKey(page: ColdPage, entry: Entries): Entries {
  const key = entry.slice();
  key[0] = page.object * pagesPerObject + page.index;
  key[1] = (entry[1] ?? 0) ^ Math.imul(entry[0] ?? 0, 0x9e3779b1);
  return key;
}
