import type { SqlStorage, SqlStorageValue } from "@cloudflare/workers-types";
import { ArrivalTally, type HourArrivals, hourMs as msPerHour, type LedgerRow } from "@sluice/schema";
import { arrivalBodies, arrivalsByHour } from "../log/arrival-rows.ts";
import { arrivalDaysKept } from "../log/limits.ts";

/*
 * The ledger's part of the shard log's SQL. Both tables take what was folded out of blocks, one row by source and hour, and one by
 * hour, each time that blocks are folded:
 *
 *   ledger(hour, source, …)       counts, for ever
 *   arrivals(hour, chunk, body)   arrivals of streams as JSON, for 35 days; one chunk but for very many isolates
 */

/** Statements of the ledger. Every method is synchronous. */
export class LedgerStorage {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Makes the tables where they are missing. */
  create(): void {
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS ledger (hour INTEGER, source TEXT, received INTEGER NOT NULL, stored INTEGER NOT NULL,
        duplicate INTEGER NOT NULL, rejected INTEGER NOT NULL, PRIMARY KEY (hour, source)) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS arrivals (hour INTEGER, chunk INTEGER, body TEXT NOT NULL,
        PRIMARY KEY (hour, chunk)) WITHOUT ROWID;`);
  }

  addCounts(rows: readonly LedgerRow[]): void {
    for (const row of rows) {
      this.#sql.exec(
        `INSERT INTO ledger (hour, source, received, stored, duplicate, rejected) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET received = received + excluded.received, stored = stored + excluded.stored,
           duplicate = duplicate + excluded.duplicate, rejected = rejected + excluded.rejected`,
        row.hourMs,
        row.source,
        row.received,
        row.stored,
        row.duplicate,
        row.rejected,
      );
    }
  }

  /** Counts of receipt hours from `fromMs` (inclusive) to `toMs` (exclusive). */
  counts(fromMs: number, toMs: number): readonly LedgerRow[] {
    return this.#sql
      .exec<LedgerRow & Record<string, SqlStorageValue>>(
        `SELECT source, hour AS hourMs, received, stored, duplicate, rejected FROM ledger WHERE hour >= ? AND hour < ?
         ORDER BY hour, source`,
        fromMs,
        toMs,
      )
      .toArray();
  }

  /** Joins arrivals to those of their hours, writes what changed, and forgets hours that are too old. */
  addArrivals(added: HourArrivals, nowMs: number): void {
    const oldestMs = nowMs - arrivalDaysKept * 24 * msPerHour;
    this.#sql.exec("DELETE FROM arrivals WHERE hour < ?", oldestMs);
    for (const [hourMs, arrivals] of arrivalsByHour(added)) {
      if (hourMs < oldestMs) continue;
      const before = this.#bodies(hourMs, hourMs + 1);
      const tally = new ArrivalTally();
      for (const body of before) tally.add(JSON.parse(body) as HourArrivals);
      tally.add(arrivals);
      arrivalBodies(tally.arrivals()).forEach((body, chunk) => {
        if (body === before[chunk]) return;
        this.#sql.exec("INSERT OR REPLACE INTO arrivals (hour, chunk, body) VALUES (?, ?, ?)", hourMs, chunk, body);
      });
    }
  }

  /** Arrivals of receipt hours from `fromMs` (inclusive) to `toMs` (exclusive). */
  arrivals(fromMs: number, toMs: number): readonly HourArrivals[] {
    return this.#bodies(fromMs, toMs).map((body) => JSON.parse(body) as HourArrivals);
  }

  #bodies(fromMs: number, toMs: number): readonly string[] {
    const sql = "SELECT body FROM arrivals WHERE hour >= ? AND hour < ? ORDER BY hour, chunk";
    return [...this.#sql.exec<{ body: string }>(sql, fromMs, toMs)].map((row) => row.body);
  }
}
