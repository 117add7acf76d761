import { ArrivalTally, type HourArrivals, type LedgerRow } from "@sluice/schema";
import { arrivalsWithin } from "../log/arrivals-within.ts";
import type { BlockHeader } from "../log/block.ts";
import { LedgerTally } from "../log/ledger.ts";
import type { LedgerStorage } from "./ledger-storage.ts";

/** The ledger of a log: what is folded in SQL, and what its unfolded blocks tell, which is in memory. */
export class LogLedger {
  readonly #storage: LedgerStorage;
  readonly #counts = new LedgerTally();
  /** What the unfolded blocks tell of the streams. */
  readonly #arrivals = new ArrivalTally();

  constructor(storage: LedgerStorage) {
    this.#storage = storage;
  }

  /** Takes in what an unfolded block tells. */
  add({ ledger, arrivals }: Pick<BlockHeader, "ledger" | "arrivals">): void {
    for (const row of ledger) this.#counts.add(row);
    if (arrivals !== undefined) this.#arrivals.add(arrivals);
  }

  /** Writes what the unfolded blocks tell, within the caller's transaction. Returns what follows when that has succeeded. */
  fold(nowMs: number): () => void {
    this.#storage.addCounts(this.#counts.rows());
    this.#storage.addArrivals(this.#arrivals.arrivals(), nowMs);
    return () => {
      this.#counts.clear();
      this.#arrivals.clear();
    };
  }

  /** Counts of receipt hours from `fromMs` (inclusive) to `toMs` (exclusive). */
  counts(fromMs: number, toMs: number): readonly LedgerRow[] {
    const sum = new LedgerTally();
    for (const row of this.#storage.counts(fromMs, toMs)) sum.add(row);
    for (const row of this.#counts.rows()) if (row.hourMs >= fromMs && row.hourMs < toMs) sum.add(row);
    return [...sum.rows()].sort((a, b) => a.hourMs - b.hourMs || (a.source < b.source ? -1 : 1));
  }

  /** Arrivals of receipt hours from `fromMs` (inclusive) to `toMs` (exclusive). */
  arrivals(fromMs: number, toMs: number): HourArrivals {
    const all = new ArrivalTally();
    for (const hour of this.#storage.arrivals(fromMs, toMs)) all.add(hour);
    all.add(arrivalsWithin(this.#arrivals.arrivals(), fromMs, toMs));
    return all.arrivals();
  }
}
