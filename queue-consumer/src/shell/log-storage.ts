import type { DurableObjectStorage, SqlStorage, SqlStorageValue } from "@cloudflare/workers-types";
import { type Dataset, type HourChange, hourMs as msPerHour } from "@sluice/schema";
import type { Block, BlockHeader, BucketHashes } from "../log/block.ts";
import { hashChunkBytesMax, sliceDaysKept } from "../log/limits.ts";
import type { PartState } from "../log/publish-plan.ts";
import { hashBytes } from "../log/seen-set.ts";
import { concatenate } from "../log/block.ts";
import { LedgerStorage } from "./ledger-storage.ts";

/*
 * The shard log's SQL. Rows written are the price ($1 per million), so: one row per append, whole tables dropped
 * instead of rows deleted, hashes packed in large rows. Tables:
 *
 *   meta(name, value)                      birth id, hash key, project, shard, sequence up to which blocks are folded,
 *                                          deaths in a row while publishing
 *   blocks_<n>(sequence, header, hashes, data)   blocks with sequences from n; the newest takes appends
 *   seen(bucket, chunk, hashes)            folded ids: packed hashes by bucket hour
 *   slices_<day>(bucket, chunk, hashes)    folded slices, by receipt day
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
}

const dayMs = 24 * msPerHour;

/** Statements of one shard log. Every method is synchronous; several become one by {@link LogStorage.transaction}. */
export class LogStorage {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  /** Counts and arrivals. */
  readonly ledger: LedgerStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.ledger = new LedgerStorage(storage.sql);
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
        CREATE TABLE seen (bucket INTEGER, chunk INTEGER, hashes BLOB NOT NULL, PRIMARY KEY (bucket, chunk)) WITHOUT ROWID;
        CREATE TABLE parts (dataset TEXT, hour INTEGER, part INTEGER, closed INTEGER NOT NULL, key TEXT NOT NULL, etag TEXT,
          rows INTEGER NOT NULL, text_length INTEGER NOT NULL, bytes INTEGER NOT NULL, sequence INTEGER NOT NULL,
          change INTEGER, plan TEXT, PRIMARY KEY (dataset, hour, part)) WITHOUT ROWID;
        CREATE INDEX parts_change ON parts (change) WHERE change IS NOT NULL;`);
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

  setMeta(name: string, value: string): void {
    this.#sql.exec("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", name, value);
  }

  // Blocks.

  /** First sequences of the block tables, ascending; the last takes appends. */
  blockTables(): readonly number[] {
    return this.#tables("blocks_");
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
      const rows = this.#sql.exec<{ sequence: number; header: string }>(
        `SELECT sequence, header FROM ${blockTable(table)} ORDER BY sequence`,
      );
      for (const row of rows) {
        yield { table, sequence: row.sequence, header: JSON.parse(row.header) as BlockHeader };
      }
    }
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

  // Folded hashes.

  /** Packed hashes of seen ids of one bucket. */
  seenHashes(bucketMs: number): readonly Uint8Array[] {
    return this.#hashes("seen", bucketMs);
  }

  /** Packed hashes of taken slices of one receipt hour. */
  sliceHashes(bucketMs: number): readonly Uint8Array[] {
    const day = Math.floor(bucketMs / dayMs);
    return this.#tables("slices_").includes(day) ? this.#hashes(`slices_${day}`, bucketMs) : [];
  }

  addSeen(folds: readonly BucketHashes[]): void {
    for (const fold of folds) this.#addHashes("seen", fold);
  }

  /** Adds taken slices, and drops the tables of days that are no longer remembered. */
  addSlices(folds: readonly BucketHashes[], nowMs: number): void {
    const oldest = Math.floor(nowMs / dayMs) - sliceDaysKept;
    const days = new Set(this.#tables("slices_"));
    for (const day of days) if (day < oldest) this.#sql.exec(`DROP TABLE slices_${day}`);
    for (const fold of folds) {
      const day = Math.floor(fold.bucketMs / dayMs);
      if (day < oldest) continue; // would be dropped at once; the ids still keep its events single
      if (!days.has(day)) this.#sql.exec(createHashTable(`slices_${day}`));
      days.add(day);
      this.#addHashes(`slices_${day}`, fold);
    }
  }

  #hashes(table: string, bucketMs: number): readonly Uint8Array[] {
    const rows = this.#sql.exec<{ hashes: ArrayBuffer }>(`SELECT hashes FROM ${table} WHERE bucket = ?`, bucketMs);
    return [...rows].map((row) => new Uint8Array(row.hashes));
  }

  /** Fills the bucket's last row up to 1 MB, then starts further ones. */
  #addHashes(table: string, { bucketMs, packed }: BucketHashes): void {
    const [last] = this.#sql.exec<{ chunk: number; hashes: ArrayBuffer }>(
      `SELECT chunk, hashes FROM ${table} WHERE bucket = ? ORDER BY chunk DESC LIMIT 1`,
      bucketMs,
    );
    const chunkBytes = Math.floor(hashChunkBytesMax / hashBytes) * hashBytes;
    const grows = last !== undefined && last.hashes.byteLength < chunkBytes;
    const all = grows ? concatenate([new Uint8Array(last.hashes), packed]) : packed;
    let chunk = last === undefined ? 0 : grows ? last.chunk : last.chunk + 1;
    for (let at = 0; at < all.length; at += chunkBytes, chunk++) {
      this.#sql.exec(
        `INSERT OR REPLACE INTO ${table} (bucket, chunk, hashes) VALUES (?, ?, ?)`,
        bucketMs,
        chunk,
        bufferOf(all.subarray(at, at + chunkBytes)),
      );
    }
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

  /** Numbers behind a prefix in the names of tables, ascending. */
  #tables(prefix: "blocks_" | "slices_"): readonly number[] {
    return this.#sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB ?", `${prefix}[0-9]*`)
      .toArray()
      .map((row) => Number(row.name.slice(prefix.length)))
      .sort((a, b) => a - b);
  }
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

function createHashTable(name: string): string {
  return `CREATE TABLE ${name} (bucket INTEGER, chunk INTEGER, hashes BLOB NOT NULL, PRIMARY KEY (bucket, chunk)) WITHOUT ROWID`;
}

/** SQL takes whole buffers only. */
function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return bytes.slice().buffer as ArrayBuffer;
}
