import { foldIdsMin, liveBlocksMax, liveBytesMax } from "./limits.ts";

/** Tables that the blocks of the live span lie in, by time and by size. */
const tablesPerLiveSpan = 6;
const tablesPerLiveSize = 8;

/** A table of blocks. */
interface BlockTable {
  readonly first: number;
  last: number;
  firstTakenAtMs: number;
  lastTakenAtMs: number;
  blocks: number;
  bytes: number;
}

/**
 * Whether what blocks carry beside events is folded in a publishing cycle: when it would go with them, or is much. A fold writes
 * several rows, however few ids it has, and until then the blocks hold the same.
 *
 * @param goesThrough sequence through which blocks go now.
 * @param unfolded ids, or messages, of blocks above `foldedThrough`.
 */
export function isFoldDue(goesThrough: number, foldedThrough: number, unfolded: number): boolean {
  return goesThrough > foldedThrough || unfolded >= foldIdsMin;
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

  /**
   * Whether the next blocks go to a new table: only whole tables can be dropped, and only others than the one that takes
   * appends; but each new one costs two rows. So a table takes the blocks of a sixth of the time that blocks are live, or so many
   * or large ones that an eighth of what may be live is reached. One without blocks goes on.
   */
  isSealDue(nowMs: number, liveMs: number): boolean {
    const table = this.#tables.at(-1);
    if (table === undefined || table.blocks === 0) return false;
    const isOld = nowMs - table.firstTakenAtMs >= liveMs / tablesPerLiveSpan;
    return (
      isOld || table.blocks >= liveBlocksMax / tablesPerLiveSize || table.bytes >= liveBytesMax / tablesPerLiveSize
    );
  }

  /** A new table, which from now on takes appends. */
  begin(first: number): void {
    this.#tables.push({ first, last: first - 1, firstTakenAtMs: Infinity, lastTakenAtMs: 0, blocks: 0, bytes: 0 });
  }

  /** A block of a table. */
  add(first: number, sequence: number, takenAtMs: number, bytes: number): void {
    const table = this.#tables.findLast((entry) => entry.first === first);
    if (table === undefined) throw new Error("a block of a table that is not there");
    table.last = Math.max(table.last, sequence);
    table.firstTakenAtMs = Math.min(table.firstTakenAtMs, takenAtMs);
    table.lastTakenAtMs = Math.max(table.lastTakenAtMs, takenAtMs);
    table.blocks += 1;
    table.bytes += bytes;
  }

  /** Forgets tables. */
  drop(firsts: readonly number[]): void {
    const gone = new Set(firsts);
    this.#tables = this.#tables.filter(({ first }) => !gone.has(first));
  }

  /**
   * Sealed tables that go, and through which sequence they reach (0 for none): of those that hold nothing that waits, the ones whose
   * last block was taken before `liveFromMs`, and of the others the oldest, until the rest is within its bounds.
   */
  dropped(
    waiting: ReadonlySet<number>,
    liveFromMs: number,
  ): { readonly throughSequence: number; readonly tables: readonly number[] } {
    const { open } = this;
    const tables: number[] = [];
    let throughSequence = 0;
    let blocks = 0;
    let bytes = 0;
    for (const table of this.#tables.toReversed()) {
      if (table.first === open || waiting.has(table.first)) continue;
      blocks += table.blocks;
      bytes += table.bytes;
      if (table.lastTakenAtMs >= liveFromMs && blocks <= liveBlocksMax && bytes <= liveBytesMax) continue;
      tables.push(table.first);
      throughSequence = Math.max(throughSequence, table.last);
    }
    return { throughSequence, tables };
  }
}
