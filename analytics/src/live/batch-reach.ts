import { parsePartKey } from "@sluice/lake";
import type { TailPage } from "@sluice/schema";
import type { InputPart } from "../rollup-plan.ts";

/**
 * How far roll-ups reach: through which sequence they hold the events of each log and hour. A part holds all blocks of its
 * hour up to the sequence that it states, so the highest one of an hour's parts decides.
 */
export class BatchReach {
  readonly #through = new Map<string, number>();

  add(inputs: readonly InputPart[]): void {
    for (const { key, logSequence } of inputs) {
      const place = parsePartKey(key);
      if (place === null) continue;
      const at = keyOf(place.shard, place.hourMs);
      this.#through.set(at, Math.max(this.#through.get(at) ?? 0, logSequence));
    }
  }

  /** Raises this reach to that of another where it is higher. */
  join(other: BatchReach): void {
    for (const [at, through] of other.#through) this.#through.set(at, Math.max(this.#through.get(at) ?? 0, through));
  }

  /** Whether it is as high as another everywhere. */
  covers(other: BatchReach): boolean {
    return [...other.#through].every(([at, through]) => (this.#through.get(at) ?? 0) >= through);
  }

  /** Sequence through which the events of a log and hour are in the roll-ups; 0 when none is. */
  through(shard: number, hourMs: number): number {
    return this.#through.get(keyOf(shard, hourMs)) ?? 0;
  }

  /** The same for a log's hours of a range, as a tail is asked. */
  included(shard: number, { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): [number, number][] {
    const hours: [number, number][] = [];
    for (let hour = fromMs; hour < toMs; hour += 3_600_000) {
      const through = this.through(shard, hour);
      if (through > 0) hours.push([hour, through]);
    }
    return hours;
  }

  /**
   * Whether events may lie between the roll-ups and what the log still holds: published, gone from the log, and rolled up not
   * yet. Those up to `heldThrough` were read from it before.
   */
  hasGap(shard: number, page: Pick<TailPage, "droppedThrough" | "publishedThrough">, heldThrough: number): boolean {
    return page.publishedThrough.some(([hourMs, published]) => {
      const gone = Math.min(published, page.droppedThrough);
      return gone > heldThrough && gone > this.through(shard, hourMs);
    });
  }
}

function keyOf(shard: number, hourMs: number): string {
  return `${shard} ${hourMs}`;
}
