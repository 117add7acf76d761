/** Values of a column that are not null, as its pages hold them: one type for each column. */
export type PageValue = string | number | bigint | boolean;

/** A column's distinct values, and for each value which of them it is. */
export interface Dictionary {
  readonly entries: readonly PageValue[];
  readonly indexes: Int32Array;
}

/** Values looked at first: of a column of mostly different ones no dictionary is begun. */
const sampleMax = 1000;
/** Share of the sample's bytes in distinct values above which it would hardly pay. */
const sampleShareMax = 0.9;

/**
 * The dictionary of a column where it makes the column smaller, its indices included; else `null`.
 *
 * @param cells different values, or values with their repetitions: the fewer, the less work.
 * @param at for each value of the column the place of its cell, which is no null.
 * @param gainMin by what factor it must.
 */
export function dictionaryOf(
  cells: readonly (PageValue | null)[],
  at: Uint32Array,
  sizeOf: (value: PageValue) => number,
  gainMin: number,
): Dictionary | null {
  if (!mayPay(cells, at, sizeOf)) return null;
  const entries = new Entries(cells, sizeOf);
  const indexes = new Int32Array(at.length);
  let plainBytes = 0;
  for (let i = 0; i < at.length; i++) {
    const index = entries.indexOf(at[i] ?? 0);
    indexes[i] = index;
    plainBytes += entries.sizes[index] ?? 0;
  }
  const indexBytes = Math.ceil((at.length * bitWidthOf(entries.values.length - 1)) / 8);
  return gainMin * (entries.bytes + indexBytes) > plainBytes ? null : { entries: entries.values, indexes };
}

/** Bits that numbers up to a largest one take. */
export function bitWidthOf(largest: number): number {
  return largest <= 0 ? 0 : 32 - Math.clz32(largest);
}

/** The different values of a column, in the order in which they are asked for. */
class Entries {
  readonly values: PageValue[] = [];
  /** Bytes of each value, and of all. */
  readonly sizes: number[] = [];
  bytes = 0;
  readonly #cells: readonly (PageValue | null)[];
  readonly #sizeOf: (value: PageValue) => number;
  readonly #places = new Map<PageValue, number>();
  /** Index of each cell, plus 1: most cells stand for many rows, and are looked up once. */
  readonly #known: Uint32Array;

  constructor(cells: readonly (PageValue | null)[], sizeOf: (value: PageValue) => number) {
    this.#cells = cells;
    this.#sizeOf = sizeOf;
    this.#known = new Uint32Array(cells.length);
  }

  indexOf(cell: number): number {
    const known = this.#known[cell] ?? 0;
    if (known > 0) return known - 1;
    const value = this.#cells[cell] ?? "";
    let index = this.#places.get(value);
    if (index === undefined) {
      index = this.values.push(value) - 1;
      const bytes = this.#sizeOf(value);
      this.sizes.push(bytes);
      this.bytes += bytes;
      this.#places.set(value, index);
    }
    this.#known[cell] = index + 1;
    return index;
  }
}

function mayPay(cells: readonly (PageValue | null)[], at: Uint32Array, sizeOf: (value: PageValue) => number): boolean {
  const count = Math.min(at.length, sampleMax);
  const distinct = new Set<PageValue>();
  let all = 0;
  let once = 0;
  let last: PageValue | null = null;
  let lastBytes = 0;
  for (let i = 0; i < count; i++) {
    const value = cells[at[Math.floor((i * (at.length - 1)) / Math.max(1, count - 1))] ?? 0] ?? "";
    if (value !== last) {
      last = value;
      lastBytes = sizeOf(value);
      if (!distinct.has(value)) {
        distinct.add(value);
        once += lastBytes;
      }
    }
    all += lastBytes;
  }
  return all > 0 && once <= sampleShareMax * all;
}
