import { liveBlocksMax, liveBytesMax } from "./limits.ts";

/** A table of blocks. */
interface BlockTable {
  readonly first: number;
  last: number;
  lastTakenAtMs: number;
  blocks: number;
  bytes: number;
}

/**
 * The log's tables of blocks: which is open, and which of the published ones are kept for live numbers. A copy in memory of
 * what SQL holds.
 */
export class BlockTables {
  /** Ascending by first sequence; the last one takes appends. */
  #tables: BlockTable[] = [];

  /** First sequence of the table that takes appends. */
  get open(): number {
    const last = this.#tables.at(-1);
    if (last === undefined) throw new Error("the log has no block table");
    return last.first;
  }

  /** First sequences, ascending. */
  get all(): readonly number[] {
    return this.#tables.map(({ first }) => first);
  }

  /** Blocks up to this sequence may be gone; 0 when none is. */
  get droppedThrough(): number {
    let before = 0;
    let droppedThrough = 0;
    for (const { first, last } of this.#tables) {
      if (first > before + 1) droppedThrough = first - 1;
      before = last;
    }
    return droppedThrough;
  }

  /** A new table, which from now on takes appends. */
  begin(first: number): void {
    this.#tables.push({ first, last: first - 1, lastTakenAtMs: 0, blocks: 0, bytes: 0 });
  }

  /** A block of a table. */
  add(first: number, sequence: number, takenAtMs: number, bytes: number): void {
    const table = this.#tables.findLast((entry) => entry.first === first);
    if (table === undefined) throw new Error("a block of a table that is not there");
    table.last = Math.max(table.last, sequence);
    table.lastTakenAtMs = Math.max(table.lastTakenAtMs, takenAtMs);
    table.blocks += 1;
    table.bytes += bytes;
  }

  drop(firsts: readonly number[]): void {
    const gone = new Set(firsts);
    this.#tables = this.#tables.filter(({ first }) => !gone.has(first));
  }

  /**
   * What is to be done with sealed tables that hold nothing that waits: through which sequence they reach, which of them go, and
   * through which sequence those reach (0 for none). Those whose last block was taken before `liveFromMs` go, and of the others the oldest, until the rest is within its bounds.
   */
  published(
    waiting: ReadonlySet<number>,
    liveFromMs: number,
  ): { readonly throughSequence: number; readonly droppedThrough: number; readonly dropped: readonly number[] } {
    const { open } = this;
    const done = this.#tables.filter(({ first }) => first !== open && !waiting.has(first));
    const dropped: number[] = [];
    let droppedThrough = 0;
    let blocks = 0;
    let bytes = 0;
    for (const table of done.toReversed()) {
      blocks += table.blocks;
      bytes += table.bytes;
      if (table.lastTakenAtMs >= liveFromMs && blocks <= liveBlocksMax && bytes <= liveBytesMax) continue;
      dropped.push(table.first);
      droppedThrough = Math.max(droppedThrough, table.last);
    }
    return { throughSequence: done.at(-1)?.last ?? 0, droppedThrough, dropped };
  }
}
