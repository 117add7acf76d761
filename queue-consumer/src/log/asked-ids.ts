import type { InheritedAnswers, InheritedQuery } from "@sluice/schema";
import { hashBytes, SeenSet } from "./seen-set.ts";
import { entryWords, placeOf, readEntry } from "./seen-entries.ts";

/** Ids that belong together: those of one slice, of which all must be known before it is stored. */
export interface AskedIds {
  readonly bucketHoursMs: Float64Array;
  readonly packed: Uint8Array;
  /** Byte of `packed` at which the first hash stands. */
  readonly hashesAt: number;
}

/** Calls `visit` with the bucket and the byte of the hash of each id. */
export function forEachId(
  asked: readonly AskedIds[],
  visit: (bucketMs: number, packed: Uint8Array, at: number) => void,
): void {
  for (const { bucketHoursMs, packed, hashesAt } of asked) {
    bucketHoursMs.forEach((bucketMs, i) => visit(bucketMs, packed, hashesAt + i * hashBytes));
  }
}

/** What a parent answered for ids; without a parent, that it has none. */
export class Inherited {
  readonly #lastPlace: number;
  readonly #known = new SeenSet();
  readonly #absent = new SeenSet();
  readonly #entry = new Uint32Array(entryWords);

  /** @param lastPlace position of the parent's last id; −1 without a parent. */
  constructor(lastPlace: number) {
    this.#lastPlace = lastPlace;
  }

  /** Takes the answers to a query. */
  take(query: InheritedQuery, answers: InheritedAnswers): void {
    if (answers.length !== query.bucketHoursMs.length) throw new Error("a parent must answer for each id");
    query.bucketHoursMs.forEach((bucketMs, i) => {
      if (answers[i] === 1) this.#known.add(bucketMs, query.hashes, i * hashBytes);
      if (answers[i] === 0) this.#absent.add(bucketMs, query.hashes, i * hashBytes);
    });
  }

  /** Whether the parent has the id; `null` when it did not say. */
  has(bucketMs: number, packed: Uint8Array, at: number): boolean | null {
    readEntry(bucketMs, packed, at, this.#entry);
    if (placeOf(this.#entry) > this.#lastPlace || this.#absent.hasEntry(this.#entry)) return false;
    return this.#known.hasEntry(this.#entry) ? true : null;
  }
}

/** The ids to ask a parent for: those of which neither the log itself nor the place of the parent's last id tells. */
export function inheritedQuery(
  asked: readonly AskedIds[],
  own: (bucketMs: number, packed: Uint8Array, at: number) => boolean | null,
  inherited: Inherited,
): InheritedQuery | null {
  const buckets: number[] = [];
  const hashes: Uint8Array[] = [];
  forEachId(asked, (bucketMs, packed, at) => {
    if (inherited.has(bucketMs, packed, at) !== null || own(bucketMs, packed, at) === true) return;
    buckets.push(bucketMs);
    hashes.push(packed.subarray(at, at + hashBytes));
  });
  if (buckets.length === 0) return null;
  const packed = new Uint8Array(hashes.length * hashBytes);
  hashes.forEach((hash, i) => packed.set(hash, i * hashBytes));
  return { bucketHoursMs: Float64Array.from(buckets), hashes: packed };
}
