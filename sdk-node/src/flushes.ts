import type { Dropped, EventResult, FlushReport, Kept } from "@sluice/core";
import type { Entry } from "./lanes.ts";

/** What became of the events before a `flush()`; a client with a spool may also keep events that are on disk only. */
export interface NodeFlushReport extends FlushReport {
  /** Events that wait on disk and were not read back yet: kept, but too many to be named. 0 without a spool. */
  readonly keptOnDisk: number;
  /** Events given up before the flush beyond the first 1,000, which `dropped` names. Listeners of "result" hear of each. */
  readonly droppedUnnamed: number;
}

/** How far a flush reaches, and what of it is open. */
export interface FlushScope {
  /** Events up to this sequence belong to it. */
  readonly sequence: number;
  /** So does everything in the spool's segments up to this number. */
  readonly segment: number;
  /** Events in memory that belong to it and are not settled. */
  readonly open: number;
  /** Events that the queue itself has given up since the last flush. */
  readonly givenUp: readonly Dropped[];
  /** How many more it has given up, which were not remembered. */
  readonly droppedUnnamed: number;
}

/** What a flush needs to ask when its time is over. */
export interface FlushView {
  /** Events in memory that are not settled, in the order of the calls. */
  readonly waiting: () => readonly Entry[];
  /** Number of the oldest segment that is not settled; Infinity when there is none. */
  readonly oldestSegment: () => number;
  /** Events on disk only, in segments up to this number. */
  readonly onDiskOnly: (segment: number) => number;
}

/** Those who wait in `flush()`. */
export class Flushes {
  readonly #view: FlushView;
  readonly #flushes = new Set<Flush>();

  constructor(view: FlushView) {
    this.#view = view;
  }

  /** @param limit starts the time limit, which ends the flush when it calls back; returns what cancels it. */
  wait(scope: FlushScope, limit: (finish: () => void) => () => void): Promise<NodeFlushReport> {
    return new Promise((resolve) => {
      const flush: Flush = { ...scope, results: [...scope.givenUp], finish: () => undefined };
      const cancel = limit(() => flush.finish());
      flush.finish = () => {
        cancel();
        this.#flushes.delete(flush);
        resolve(this.#report(flush));
      };
      this.#flushes.add(flush);
    });
  }

  /** These were settled. */
  settled(entries: readonly Entry[], results: readonly EventResult[]): void {
    for (const flush of this.#flushes) {
      entries.forEach((entry, index) => {
        const result = results[index];
        if (result === undefined || !belongs(entry, flush)) return;
        flush.results.push(result);
        if (entry.sequence <= flush.sequence) flush.open--;
      });
    }
  }

  /** Ends the waits that have nothing open, or all of them. */
  check(all: boolean): void {
    for (const flush of this.#flushes) {
      if (all || (flush.open === 0 && this.#view.oldestSegment() > flush.segment)) flush.finish();
    }
  }

  #report(flush: Flush): NodeFlushReport {
    const outcomes = { delivered: [], rejected: [], dropped: [] } as Record<string, EventResult[]>;
    for (const result of flush.results) outcomes[result.outcome]?.push(result);
    const waiting = this.#view.waiting().filter((entry) => belongs(entry, flush));
    const kept = waiting.map(({ messageId }): Kept => ({ outcome: "kept", messageId }));
    // each list holds the results of its own outcome
    const keptOnDisk = this.#view.onDiskOnly(flush.segment);
    return { ...(outcomes as unknown as FlushReport), kept, keptOnDisk, droppedUnnamed: flush.droppedUnnamed };
  }
}

interface Flush extends Pick<FlushScope, "sequence" | "segment" | "droppedUnnamed"> {
  open: number;
  readonly results: EventResult[];
  finish: () => void;
}

function belongs(entry: Entry, flush: Flush): boolean {
  return entry.sequence <= flush.sequence || (entry.segment > 0 && entry.segment <= flush.segment);
}
