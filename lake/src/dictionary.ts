import type { RowCells } from "./row-cells.ts";

/** Values of a column that are not null, as its pages hold them: one type for each column. */
export type PageValue = string | number | bigint | boolean;

/** A column's distinct values in the order of its rows, and for each of its cells which of them it is. */
export interface Dictionary {
  readonly entries: readonly PageValue[];
  /** For each cell that rows have the index of its entry; −1 for null. */
  readonly entryOf: Int32Array;
}

/** Share of the first rows' bytes in distinct values above which a dictionary would hardly pay, and is given up. */
const sampleShareMax = 0.9;

/**
 * The dictionary of a column where it makes the column smaller, its indices included; else `null`. Depends on the rows' values
 * alone, not on which of them share a cell.
 *
 * @param values of the cells that rows have ({@link RowCells}).
 * @param gainMin by what factor it must.
 */
export function dictionaryOf(
  values: readonly (PageValue | null)[],
  rows: RowCells,
  sizeOf: (value: PageValue) => number,
  gainMin: number,
): Dictionary | null {
  const places = new Map<PageValue, number>();
  const entries: PageValue[] = [];
  const sizes: number[] = [];
  const entryOf = new Int32Array(values.length);
  let bytes = 0;
  let present = 0;
  let plainBytes = 0;
  let sampleBytes = 0;
  let last: PageValue | null = null;
  let entry = -1;
  for (let slot = 0; slot < values.length; slot++) {
    if (slot === rows.sampleSlots && bytes > sampleShareMax * sampleBytes) return null;
    const value = values[slot] ?? null;
    if (value === null) {
      entryOf[slot] = -1;
      continue;
    }
    if (value !== last) {
      last = value;
      entry = places.get(value) ?? -1;
      if (entry < 0) {
        entry = entries.push(value) - 1;
        places.set(value, entry);
        bytes += sizes[sizes.push(sizeOf(value)) - 1] ?? 0;
      }
    }
    entryOf[slot] = entry;
    const size = sizes[entry] ?? 0;
    const count = rows.counts?.[slot] ?? 1;
    present += count;
    plainBytes += count * size;
    if (slot < rows.sampleSlots) sampleBytes += (rows.sampleCounts?.[slot] ?? 1) * size;
  }
  const indexBytes = Math.ceil((present * bitWidthOf(entries.length - 1)) / 8);
  return plainBytes === 0 || gainMin * (bytes + indexBytes) > plainBytes ? null : { entries, entryOf };
}

/** Bits that numbers up to a largest one take. */
export function bitWidthOf(largest: number): number {
  return largest <= 0 ? 0 : 32 - Math.clz32(largest);
}
