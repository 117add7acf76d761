import type { Dataset } from "@sluice/schema";
import type { BlockHeader, Segment } from "./block.ts";

/** A segment that waits for publication, and where its block stands. */
export interface PendingSegment {
  readonly sequence: number;
  /** First sequence of the block table that holds the block. */
  readonly table: number;
  readonly takenAtMs: number;
  readonly segment: Segment;
}

/** What waits for one file hour. Never empty. */
export interface PendingHour {
  readonly dataset: Dataset;
  readonly hourMs: number;
  readonly rows: number;
  /** Rows that came with a server key. */
  readonly serverRows: number;
  readonly firstTakenAtMs: number;
  /** In the order of the blocks. */
  readonly segments: readonly PendingSegment[];
}

/** Segments that are stored but not confirmed in the lake, by file hour. Rebuilt from the block headers after a reset. */
export class PendingHours {
  readonly #hours = new Map<string, WaitingHour>();
  #rows = 0;
  #segments = 0;

  /** Rows that wait. */
  get rows(): number {
    return this.#rows;
  }

  /** Segments that wait. */
  get segments(): number {
    return this.#segments;
  }

  /** Adds the segments of a block, but those that `isPublished`. Blocks must come in the order of their sequence. */
  add(
    sequence: number,
    table: number,
    header: Pick<BlockHeader, "segments" | "takenAtMs">,
    isPublished: (segment: Segment) => boolean = () => false,
  ): void {
    for (const segment of header.segments) {
      if (isPublished(segment)) continue;
      const { dataset, hourMs } = segment;
      const key = keyOf(dataset, hourMs);
      let hour = this.#hours.get(key);
      if (hour === undefined) {
        hour = { dataset, hourMs, rows: 0, serverRows: 0, firstTakenAtMs: header.takenAtMs, segments: [] };
        this.#hours.set(key, hour);
      }
      hour.segments.push({ sequence, table, takenAtMs: header.takenAtMs, segment });
      hour.rows += segment.rows;
      hour.serverRows += segment.serverRows;
      this.#rows += segment.rows;
      this.#segments += 1;
    }
  }

  /** What waits, hour by hour, the oldest file hour first. */
  hours(): readonly PendingHour[] {
    return [...this.#hours.values()].sort((a, b) => a.hourMs - b.hourMs);
  }

  /** What waits for one hour, or `null`. */
  hour(dataset: Dataset, hourMs: number): PendingHour | null {
    return this.#hours.get(keyOf(dataset, hourMs)) ?? null;
  }

  /** Forgets the segments of one hour up to a sequence: they are confirmed in the lake. */
  confirm(dataset: Dataset, hourMs: number, throughSequence: number): void {
    const key = keyOf(dataset, hourMs);
    const hour = this.#hours.get(key);
    if (hour === undefined) return;
    const left: PendingSegment[] = [];
    for (const entry of hour.segments) {
      if (entry.sequence > throughSequence) {
        left.push(entry);
        continue;
      }
      hour.rows -= entry.segment.rows;
      hour.serverRows -= entry.segment.serverRows;
      this.#rows -= entry.segment.rows;
      this.#segments -= 1;
    }
    hour.segments = left;
    const [first] = left;
    if (first === undefined) this.#hours.delete(key);
    else hour.firstTakenAtMs = first.takenAtMs;
  }

  /** Block tables that hold something that waits. */
  tables(): ReadonlySet<number> {
    const tables = new Set<number>();
    for (const hour of this.#hours.values()) for (const entry of hour.segments) tables.add(entry.table);
    return tables;
  }
}

interface WaitingHour extends PendingHour {
  rows: number;
  serverRows: number;
  firstTakenAtMs: number;
  segments: PendingSegment[];
}

function keyOf(dataset: Dataset, hourMs: number): string {
  return `${dataset} ${hourMs}`;
}
