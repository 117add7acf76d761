import type { LedgerRow } from "@sluice/schema";

/** Counts that are not folded into the ledger table yet, by source and receipt hour. */
export class LedgerTally {
  readonly #rows = new Map<string, LedgerRow>();

  /** Adds one row's counts to those of its source and hour. */
  add(row: LedgerRow): void {
    const key = `${row.hourMs} ${row.source}`;
    const sum = this.#rows.get(key);
    this.#rows.set(key, sum === undefined ? row : addLedgerRows(sum, row));
  }

  /** The counts, one row per source and hour. */
  rows(): readonly LedgerRow[] {
    return [...this.#rows.values()];
  }

  /** Forgets all counts: they are folded. */
  clear(): void {
    this.#rows.clear();
  }
}

function addLedgerRows(a: LedgerRow, b: LedgerRow): LedgerRow {
  return {
    source: a.source,
    hourMs: a.hourMs,
    received: a.received + b.received,
    stored: a.stored + b.stored,
    duplicate: a.duplicate + b.duplicate,
    rejected: a.rejected + b.rejected,
  };
}
