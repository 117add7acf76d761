import { compareText } from "@sluice/lake";
import { compareCells } from "./cells.ts";
import type { QuarterMap } from "./quarter-hours.ts";

/** Whose events: user ids, anonymous ids, and both of bots, in the order of the mart. */
export type ActorKind = 0 | 1 | 2 | 3;

const kinds: readonly ActorKind[] = [0, 1, 2, 3];
const capacityMin = 1024;

/** An id in a cell. */
export interface CellEntry {
  readonly cell: string;
  readonly kind: ActorKind;
  readonly id: string;
  readonly quarters: QuarterMap;
  /** Millionths by quarter hour. */
  readonly sums: ReadonlyMap<number, bigint>;
}

/**
 * Which id was active when, by cell: an entry for each pair of id and cell. Entries are columns of numbers (about 40 bytes each,
 * the table that finds them included); as objects in maps they took five times that, and so a day five times the passes.
 */
export class CellEntries {
  readonly #ids: readonly Map<string, number>[] = kinds.map(() => new Map<string, number>());
  #idCount = 0;
  readonly #cells = new Map<string, number>();
  #size = 0;
  #idOf = new Int32Array(capacityMin);
  #cellOf = new Int32Array(capacityMin);
  #quarters = new Int32Array(4 * capacityMin);
  /** Sums by quarter hour in millionths, of the few entries that have some. */
  readonly #sums = new Map<number, Map<number, bigint>>();
  /** Entry + 1 at the place that its pair hashes to, or behind it; twice as many places as entries fit. */
  #table = new Int32Array(2 * capacityMin);

  get size(): number {
    return this.#size;
  }

  /** The number of an id; `undefined` where it has none yet. */
  idNumber(kind: ActorKind, id: string): number | undefined {
    return this.#ids[kind]?.get(id);
  }

  addId(kind: ActorKind, id: string): number {
    this.#ids[kind]?.set(id, this.#idCount);
    return this.#idCount++;
  }

  /** The entry of an id in a cell, made where there is none. */
  entryOf(id: number, cellText: string): number {
    let cell = this.#cells.get(cellText);
    if (cell === undefined) {
      cell = this.#cells.size;
      this.#cells.set(cellText, cell);
    }
    let place = this.#placeOf(id, cell);
    let entry = (this.#table[place] ?? 0) - 1;
    if (entry >= 0) return entry;
    if (this.#size === this.#idOf.length) {
      this.#grow();
      place = this.#placeOf(id, cell);
    }
    entry = this.#size++;
    this.#table[place] = entry + 1;
    this.#idOf[entry] = id;
    this.#cellOf[entry] = cell;
    return entry;
  }

  mark(entry: number, quarter: number): void {
    const at = 4 * entry + Math.floor(quarter / 24);
    this.#quarters[at] = (this.#quarters[at] ?? 0) | (1 << (quarter % 24));
  }

  setQuarters(entry: number, map: QuarterMap): void {
    this.#quarters.set(map, 4 * entry);
  }

  /** Adds to the sum of a quarter hour; 0 notes that there is one. */
  addSum(entry: number, quarter: number, micros: bigint): void {
    let sums = this.#sums.get(entry);
    if (sums === undefined) {
      sums = new Map();
      this.#sums.set(entry, sums);
    }
    sums.set(quarter, (sums.get(quarter) ?? 0n) + micros);
  }

  /** Those entries whose ids are wanted, numbered anew. */
  only(isWanted: (id: string) => boolean): CellEntries {
    const kept = new CellEntries();
    const numbers = new Int32Array(this.#idCount).fill(-1);
    for (const kind of kinds) {
      for (const [id, number] of this.#ids[kind] ?? []) if (isWanted(id)) numbers[number] = kept.addId(kind, id);
    }
    const texts = [...this.#cells.keys()];
    for (let entry = 0; entry < this.#size; entry++) {
      const id = numbers[this.#idOf[entry] ?? 0] ?? -1;
      if (id < 0) continue;
      const copy = kept.entryOf(id, texts[this.#cellOf[entry] ?? 0] ?? "");
      kept.#quarters.set(this.#quarters.subarray(4 * entry, 4 * entry + 4), 4 * copy);
      const sums = this.#sums.get(entry);
      if (sums !== undefined) kept.#sums.set(copy, sums);
    }
    return kept;
  }

  /** Each entry: ordered by cell, kind, then id by code point. */
  *inOrder(): Generator<CellEntry> {
    const ranked = kinds.flatMap((kind) => {
      const ids = this.#ids[kind] ?? new Map<string, number>();
      return [...ids.keys()].sort(compareText).map((id) => ({ kind, id, number: ids.get(id) ?? 0 }));
    });
    const idRank = new Int32Array(this.#idCount);
    for (const [rank, { number }] of ranked.entries()) idRank[number] = rank;
    const cells = [...this.#cells.keys()].sort(compareCells);
    const cellRank = new Int32Array(cells.length);
    for (const [rank, cell] of cells.entries()) cellRank[this.#cells.get(cell) ?? 0] = rank;
    const entries = Uint32Array.from({ length: this.#size }, (_, entry) => entry);
    const byId = ordered(entries, (entry) => idRank[this.#idOf[entry] ?? 0] ?? 0, ranked.length);
    for (const entry of ordered(byId, (each) => cellRank[this.#cellOf[each] ?? 0] ?? 0, cells.length)) {
      const actor = ranked[idRank[this.#idOf[entry] ?? 0] ?? 0];
      if (actor === undefined) continue;
      const [a = 0, b = 0, c = 0, d = 0] = this.#quarters.subarray(4 * entry, 4 * entry + 4);
      const cell = cells[cellRank[this.#cellOf[entry] ?? 0] ?? 0] ?? "";
      yield { cell, kind: actor.kind, id: actor.id, quarters: [a, b, c, d], sums: this.#sums.get(entry) ?? none };
    }
  }

  /** Where an entry of this pair is, or would be put. */
  #placeOf(id: number, cell: number): number {
    const mask = this.#table.length - 1;
    let hash = Math.imul(id, 0x9e3779b1) ^ Math.imul(cell, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
    for (let place = (hash ^ (hash >>> 13)) & mask; ; place = (place + 1) & mask) {
      const entry = (this.#table[place] ?? 0) - 1;
      if (entry < 0 || (this.#idOf[entry] === id && this.#cellOf[entry] === cell)) return place;
    }
  }

  #grow(): void {
    const capacity = 2 * this.#idOf.length;
    this.#idOf = enlarged(this.#idOf, capacity);
    this.#cellOf = enlarged(this.#cellOf, capacity);
    this.#quarters = enlarged(this.#quarters, 4 * capacity);
    this.#table = new Int32Array(2 * capacity);
    for (let entry = 0; entry < this.#size; entry++) {
      this.#table[this.#placeOf(this.#idOf[entry] ?? 0, this.#cellOf[entry] ?? 0)] = entry + 1;
    }
  }
}

const none: ReadonlyMap<number, bigint> = new Map();

function enlarged(values: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length);
  larger.set(values);
  return larger;
}

/** Sorted by ranks below `count`; what has the same rank keeps its order. */
function ordered(values: Uint32Array, rankOf: (value: number) => number, count: number): Uint32Array {
  const next = new Uint32Array(count + 1);
  for (const value of values) next[rankOf(value) + 1] = (next[rankOf(value) + 1] ?? 0) + 1;
  for (let rank = 0; rank < count; rank++) next[rank + 1] = (next[rank + 1] ?? 0) + (next[rank] ?? 0);
  const sorted = new Uint32Array(values.length);
  for (const value of values) {
    const place = next[rankOf(value)] ?? 0;
    next[rankOf(value)] = place + 1;
    sorted[place] = value;
  }
  return sorted;
}
