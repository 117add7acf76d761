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

/** The dictionary of a column where it at least halves the column's bytes, its indices included; else `null`. */
export function dictionaryOf(values: readonly PageValue[], sizeOf: (value: PageValue) => number): Dictionary | null {
  if (!mayPay(values, sizeOf)) return null;
  const places = new Map<PageValue, number>();
  const entries: PageValue[] = [];
  const indexes = new Int32Array(values.length);
  let plainBytes = 0;
  let entryBytes = 0;
  let last: PageValue | null = null;
  let lastIndex = 0;
  let lastBytes = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? "";
    if (value !== last) {
      last = value;
      lastBytes = sizeOf(value);
      const known = places.get(value);
      if (known === undefined) {
        lastIndex = entries.push(value) - 1;
        places.set(value, lastIndex);
        entryBytes += lastBytes;
      } else lastIndex = known;
    }
    indexes[i] = lastIndex;
    plainBytes += lastBytes;
  }
  const indexBytes = Math.ceil((values.length * bitWidthOf(entries.length - 1)) / 8);
  return 2 * (entryBytes + indexBytes) > plainBytes ? null : { entries, indexes };
}

/** Bits that numbers up to a largest one take. */
export function bitWidthOf(largest: number): number {
  return largest <= 0 ? 0 : 32 - Math.clz32(largest);
}

function mayPay(values: readonly PageValue[], sizeOf: (value: PageValue) => number): boolean {
  const count = Math.min(values.length, sampleMax);
  const distinct = new Set<PageValue>();
  let all = 0;
  let once = 0;
  for (let i = 0; i < count; i++) {
    const value = values[Math.floor((i * (values.length - 1)) / Math.max(1, count - 1))] ?? "";
    const bytes = sizeOf(value);
    all += bytes;
    if (distinct.has(value)) continue;
    distinct.add(value);
    once += bytes;
  }
  return all > 0 && once <= sampleShareMax * all;
}
