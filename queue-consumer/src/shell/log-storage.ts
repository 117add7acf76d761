import type { DurableObjectStorage, SqlStorage, SqlStorageValue } from "@cloudflare/workers-types";
import type { Dataset, HourChange, TailRequest } from "@sluice/schema";
import type { Block, BlockHeader } from "../log/block.ts";
import type { ColdPlan } from "../log/cold-object.ts";
import type { PartState } from "../log/publish-plan.ts";
import { LedgerStorage } from "./ledger-storage.ts";
import { ColdTable, PageTable } from "./seen-storage.ts";

/*
 * The shard log's SQL. Rows written are the price ($1 per million), so: one row per append, whole tables dropped
 * instead of rows deleted, hashes packed in large rows. Tables:
 *
 *   meta(name, value)                      birth id, hash key, project, shard, sequence up to which blocks are folded,
 *                                          deaths in a row while publishing
 *   blocks_<n>(sequence, header, hashes, data)   blocks with sequences from n; the newest takes appends
 *   seen, slices, seen_cold                folded ids and slices: seen-storage.ts
 *   ledger, arrivals                       folded counts and arrivals: ledger-storage.ts
 *   parts(dataset, hour, part, …)          every part ever written, its plan, and its place in the outbox
 */

/** The plan of a PUT, stored before it is sent. */
export interface StoredPlan {
  /** Blocks of the hour from the first to the last of these sequences are added to `previousEtag`'s rows. */
  readonly firstSequence: number;
  readonly throughSequence: number;
  readonly previousEtag: string | null;
  readonly sha256: string;
  readonly bytes: number;
  readonly rows: number;
  readonly textLength: number;
}

/** A part and its plan, if one is not settled. */
export interface PartRecord extends PartState {
  readonly plan: StoredPlan | null;
}

/** Place of a part: dataset, hour and number. */
export interface PartPlace {
  readonly dataset: Dataset;
  readonly hourMs: number;
  readonly part: number;
}

/** A block header with its place, in the order of sequences. */
export interface BlockEntry {
  readonly table: number;
  readonly sequence: number;
  readonly header: BlockHeader;
  /** Size of its data. */
  readonly bytes: number;
}

/** Statements of one shard log. Every method is synchronous; several become one by {@link LogStorage.transaction}. */
export class LogStorage {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  /** Counts and arrivals. */
  readonly ledger: LedgerStorage;
  /** Folded ids. */
  readonly seen: PageTable;
  /** Folded slices. */
  readonly slices: PageTable;
  /** Ids in the lake's bucket. */
  readonly cold: ColdTable;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.ledger = new LedgerStorage(storage.sql);
    this.seen = new PageTable(storage.sql, "seen");
    this.slices = new PageTable(storage.sql, "slices");
    this.cold = new ColdTable(storage.sql);
  }

  /** Runs statements so that all happen or none. */
  transaction<Value>(statements: () => Value): Value {
    return this.#storage.transactionSync(statements);
  }

  /** Resolves when all that was written is on disk. */
  sync(): Promise<void> {
    return this.#storage.sync();
  }

  /** Bytes in use. */
  get databaseBytes(): number {
    return this.#sql.databaseSize;
  }

  /** Makes the tables and the identity of a new log; changes nothing in an old one. */
  create(identity: { readonly birthId: string; readonly hashKey: string }): void {
    this.transaction(() => {
      this.#sql.exec("CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID");
      this.ledger.create();
      if (this.meta("birthId") !== null) return;
      this.#sql.exec(`
        CREATE TABLE parts (dataset TEXT, hour INTEGER, part INTEGER, closed INTEGER NOT NULL, key TEXT NOT NULL, etag TEXT,
          rows INTEGER NOT NULL, text_length INTEGER NOT NULL, bytes INTEGER NOT NULL, sequence INTEGER NOT NULL,
          change INTEGER, plan TEXT, PRIMARY KEY (dataset, hour, part)) WITHOUT ROWID;
        CREATE INDEX parts_change ON parts (change) WHERE change IS NOT NULL;`);
      this.seen.create();
      this.slices.create();
      this.cold.create();
      this.createBlockTable(1);
      this.setMeta("birthId", identity.birthId);
      this.setMeta("hashKey", identity.hashKey);
    });
  }

  /** A value of the log's identity or state, or `null`. */
  meta(name: string): string | null {
    const [row] = this.#sql.exec<{ value: string }>("SELECT value FROM meta WHERE name = ?", name);
    return row?.value ?? null;
  }

  setMeta(name: string, value: string | null): void {
    if (value === null) {
      this.#sql.exec("DELETE FROM meta WHERE name = ?", name);
      return;
    }
    this.#sql.exec("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", name, value);
  }

  // Blocks.

  /** First sequences of the block tables, ascending; the last takes appends. */
  blockTables(): readonly number[] {
    return this.#sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB 'blocks_[0-9]*'")
      .toArray()
      .map((row) => Number(row.name.slice("blocks_".length)))
      .sort((a, b) => a - b);
  }

  createBlockTable(firstSequence: number): void {
    this.#sql.exec(
      `CREATE TABLE ${blockTable(firstSequence)} (sequence INTEGER PRIMARY KEY, header TEXT NOT NULL, hashes BLOB NOT NULL, data BLOB NOT NULL)`,
    );
  }

  dropBlockTable(firstSequence: number): void {
    this.#sql.exec(`DROP TABLE ${blockTable(firstSequence)}`);
  }

  insertBlock(table: number, sequence: number, block: Block): void {
    this.#sql.exec(
      `INSERT INTO ${blockTable(table)} (sequence, header, hashes, data) VALUES (?, ?, ?, ?)`,
      sequence,
      JSON.stringify(block.header),
      bufferOf(block.hashes),
      bufferOf(block.data),
    );
  }

  /** Headers of all blocks, in the order of their sequences. */
  *blocks(): Generator<BlockEntry> {
    for (const table of this.blockTables()) {
      const rows = this.#sql.exec<BlockSqlRow>(
        `SELECT sequence, header, length(data) AS bytes FROM ${blockTable(table)} ORDER BY sequence`,
      );
      for (const row of rows) yield blockEntry(table, row);
    }
  }

  /** Headers of a table's blocks above a sequence, the newest first or last. */
  *blocksOf(table: number, sinceSequence: number, order: TailRequest["order"]): Generator<BlockEntry> {
    const rows = this.#sql.exec<BlockSqlRow>(
      `SELECT sequence, header, length(data) AS bytes FROM ${blockTable(table)} WHERE sequence > ?
       ORDER BY sequence ${order === "newest" ? "DESC" : "ASC"}`,
      sinceSequence,
    );
    for (const row of rows) yield blockEntry(table, row);
  }

  blockHashes(table: number, sequence: number): Uint8Array {
    const row = this.#sql
      .exec<{ hashes: ArrayBuffer }>(`SELECT hashes FROM ${blockTable(table)} WHERE sequence = ?`, sequence)
      .one();
    return new Uint8Array(row.hashes);
  }

  blockData(table: number, sequence: number): Uint8Array {
    const row = this.#sql
      .exec<{ data: ArrayBuffer }>(`SELECT data FROM ${blockTable(table)} WHERE sequence = ?`, sequence)
      .one();
    return new Uint8Array(row.data);
  }

  // Ids on their way into the lake's bucket.

  /** The move that is not settled, or `null`. */
  coldPlan(): ColdPlan | null {
    const plan = this.meta("coldPlan");
    return plan === null ? null : (JSON.parse(plan) as ColdPlan);
  }

  /** A number that no object of this log had; taken by storing a plan for it. */
  nextColdObject(): number {
    return Number(this.meta("coldObjects") ?? 0);
  }

  /** Stores the plan of a move, before its PUT; `null` takes it away. */
  putColdPlan(plan: ColdPlan | null): void {
    this.setMeta("coldPlan", plan === null ? null : JSON.stringify(plan));
    if (plan !== null) this.setMeta("coldObjects", String(plan.object + 1));
  }

  // Parts and outbox.

  /** The last part of an hour, or `null`. */
  lastPart(dataset: Dataset, hourMs: number): PartRecord | null {
    const [row] = this.#sql.exec<PartSqlRow>(
      `SELECT part, closed, etag, rows, text_length, bytes, sequence, plan FROM parts WHERE dataset = ? AND hour = ?
       ORDER BY part DESC LIMIT 1`,
      dataset,
      hourMs,
    );
    return row === undefined ? null : partRecord(row);
  }

  /** Highest block sequence of an hour that is confirmed in the lake; 0 when none is. */
  publishedThrough(dataset: Dataset, hourMs: number): number {
    const [row] = this.#sql.exec<{ sequence: number | null }>(
      "SELECT MAX(sequence) AS sequence FROM parts WHERE dataset = ? AND hour = ?",
      dataset,
      hourMs,
    );
    return row?.sequence ?? 0;
  }

  /** Through which sequence the hours of a range are confirmed in the lake, where they are. */
  hoursPublished(dataset: Dataset, fromMs: number, toMs: number): readonly (readonly [number, number])[] {
    return this.#sql
      .exec<{ hour: number; sequence: number }>(
        "SELECT hour, MAX(sequence) AS sequence FROM parts WHERE dataset = ? AND hour >= ? AND hour < ? GROUP BY hour",
        dataset,
        fromMs,
        toMs,
      )
      .toArray()
      .map(({ hour, sequence }) => [hour, sequence] as const);
  }

  /** Stores the plan of a PUT; `null` takes it away. */
  putPlan(place: PartPlace, key: string, plan: StoredPlan | null): void {
    this.#sql.exec(
      `INSERT INTO parts (dataset, hour, part, closed, key, etag, rows, text_length, bytes, sequence, change, plan)
       VALUES (?, ?, ?, 0, ?, NULL, 0, 0, 0, 0, NULL, ?) ON CONFLICT DO UPDATE SET plan = excluded.plan`,
      place.dataset,
      place.hourMs,
      place.part,
      key,
      plan === null ? null : JSON.stringify(plan),
    );
  }

  /** Records what a part now holds, and puts it at the end of the outbox. */
  confirmPart(place: PartPlace, stored: Omit<PartState, "part" | "closed">): void {
    this.#sql.exec(
      `UPDATE parts SET etag = ?, rows = ?, text_length = ?, bytes = ?, sequence = ?, change = ?, plan = NULL
       WHERE dataset = ? AND hour = ? AND part = ?`,
      stored.etag,
      stored.rows,
      stored.textLength,
      stored.bytes,
      stored.sequence,
      this.lastChange() + 1,
      place.dataset,
      place.hourMs,
      place.part,
    );
  }

  /** Leaves a part for ever. */
  closePart(place: PartPlace): void {
    this.#sql.exec(
      "UPDATE parts SET closed = 1, plan = NULL WHERE dataset = ? AND hour = ? AND part = ?",
      place.dataset,
      place.hourMs,
      place.part,
    );
  }

  lastChange(): number {
    const [row] = this.#sql.exec<{ change: number | null }>(
      "SELECT MAX(change) AS change FROM parts WHERE change IS NOT NULL",
    );
    return row?.change ?? 0;
  }

  /** Parts confirmed after a change. A part that changed again stands at its latest change only. */
  changes(since: number, limit: number): readonly HourChange[] {
    return this.#sql
      .exec<HourChange & Record<string, SqlStorageValue>>(
        `SELECT change, dataset, hour AS hourMs, key, etag, rows, sequence AS logSequence FROM parts
         WHERE change IS NOT NULL AND change > ? ORDER BY change LIMIT ?`,
        since,
        limit,
      )
      .toArray();
  }
}

interface BlockSqlRow extends Record<string, SqlStorageValue> {
  sequence: number;
  header: string;
  bytes: number;
}

function blockEntry(table: number, { sequence, header, bytes }: BlockSqlRow): BlockEntry {
  return { table, sequence, header: JSON.parse(header) as BlockHeader, bytes };
}

interface PartSqlRow extends Record<string, SqlStorageValue> {
  part: number;
  closed: number;
  etag: string | null;
  rows: number;
  text_length: number;
  bytes: number;
  sequence: number;
  plan: string | null;
}

function partRecord(row: PartSqlRow): PartRecord {
  return {
    part: row.part,
    closed: row.closed === 1,
    etag: row.etag,
    rows: row.rows,
    textLength: row.text_length,
    bytes: row.bytes,
    sequence: row.sequence,
    plan: row.plan === null ? null : (JSON.parse(row.plan) as StoredPlan),
  };
}

function blockTable(firstSequence: number): string {
  return `blocks_${firstSequence}`;
}

/** SQL takes whole buffers only. */
function bufferOf(bytes: Uint8Array): ArrayBuffer {
  const { buffer } = bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
  return buffer as ArrayBuffer;
}
