import { type HashesByBucket, hourMs, isUndated, undatedDaysKept } from "@sluice/schema";
import { concatenate } from "./block.ts";
import { hashBytes, SeenSet } from "./seen-set.ts";
import { entryWords, firstPlaceOf, placeOf, readEntry } from "./seen-entries.ts";
import { mayHold, type SeenFilter } from "./seen-filter.ts";

/** Ids that belong together: those of one slice, of which all must be known before it is stored. Or slices. */
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

/** What a parent answered for ids, or for slices; without a parent, that it has none. */
export class ParentAnswers {
  readonly #lastPlace: number;
  readonly #lastUndatedPlace: number;
  readonly #ahead: readonly SeenFilter[];
  readonly #known = new SeenSet();
  readonly #absent = new SeenSet();
  readonly #entry = new Uint32Array(entryWords);

  /**
   * @param lastPlace position of the last that the parent has, but for what is ahead; −1 without a parent.
   * @param lastUndatedPlace position of its last id that states no time; −1 when there is none.
   * @param ahead filters of what the parent has behind its last one.
   */
  constructor(lastPlace: number, lastUndatedPlace = -1, ahead: readonly SeenFilter[] = []) {
    this.#lastPlace = lastPlace;
    this.#lastUndatedPlace = lastUndatedPlace;
    this.#ahead = ahead;
  }

  /** Takes the answers to what was asked. */
  take({ bucketHoursMs, hashes }: HashesByBucket, answers: Uint8Array): void {
    if (answers.length !== bucketHoursMs.length) throw new Error("a parent must answer each question");
    bucketHoursMs.forEach((bucketMs, i) => {
      if (answers[i] === 1) this.#known.add(bucketMs, hashes, i * hashBytes);
      if (answers[i] === 0) this.#absent.add(bucketMs, hashes, i * hashBytes);
    });
  }

  /** Whether the parent has it; `null` when it did not say. */
  has(bucketMs: number, packed: Uint8Array, at: number): boolean | null {
    readEntry(bucketMs, packed, at, this.#entry);
    if (this.#isBehind(bucketMs) || this.#absent.hasEntry(this.#entry)) return false;
    return this.#known.hasEntry(this.#entry) ? true : null;
  }

  /** Whether the entry cannot be there: it comes after everything that the parent has. */
  #isBehind(bucketMs: number): boolean {
    if (!isUndated(bucketMs)) {
      return placeOf(this.#entry) > this.#lastPlace && !this.#ahead.some((filter) => mayHold(filter, this.#entry));
    }
    return firstPlaceOf(bucketMs - undatedDaysKept * dayMs) > this.#lastUndatedPlace;
  }
}

const dayMs = 24 * hourMs;

/** What the parent of a shard knows, as far as it was asked and answered. */
export interface Inherited {
  readonly ids: ParentAnswers;
  readonly slices: ParentAnswers;
}

/** Whether one of two logs has an id or a slice; `null` when neither says yes and one cannot tell. */
export function eitherHas(own: boolean | null, parent: boolean | null): boolean | null {
  if (own === true || parent === true) return true;
  return own === false && parent === false ? false : null;
}

/** What to ask a parent for: that of which neither the log itself nor the place of the parent's last one tells. */
export function parentQuestion(
  asked: readonly AskedIds[],
  own: (bucketMs: number, packed: Uint8Array, at: number) => boolean | null,
  answers: ParentAnswers,
): HashesByBucket {
  const buckets: number[] = [];
  const hashes: Uint8Array[] = [];
  forEachId(asked, (bucketMs, packed, at) => {
    if (answers.has(bucketMs, packed, at) !== null || own(bucketMs, packed, at) === true) return;
    buckets.push(bucketMs);
    hashes.push(packed.subarray(at, at + hashBytes));
  });
  return { bucketHoursMs: Float64Array.from(buckets), hashes: concatenate(hashes) };
}
