import type { SqlStorage, SqlStorageValue } from "@cloudflare/workers-types";
import { type ColdPage, pagesPerObject } from "../log/cold-ids.ts";
import type { Entries } from "../log/seen-entries.ts";
import type { SeenFilter } from "../log/seen-filter.ts";
import type { PageStore, WarmPage } from "../log/seen-index.ts";
import type { PageWrite } from "../log/seen-pages.ts";

/*
 * The SQL of seen ids. The small columns come first: a list of pages then reads neither filters nor ids.
 *
 *   seen(place, …, filter, entries)        warm pages of ids, by the place of their beginning
 *   slices(place, …, filter, entries)      pages of taken slices
 *   seen_cold(page, …, filter)             pages that lie in the lake's bucket: object · 4096 + index
 */

/** Pages of one table. */
export class PageTable implements PageStore {
  readonly #sql: SqlStorage;
  readonly #table: "seen" | "slices";

  constructor(sql: SqlStorage, table: "seen" | "slices") {
    this.#sql = sql;
    this.#table = table;
  }

  create(): void {
    this.#sql.exec(
      `CREATE TABLE ${this.#table} (place INTEGER PRIMARY KEY, last INTEGER NOT NULL, count INTEGER NOT NULL,
        version INTEGER NOT NULL, touched INTEGER NOT NULL, filter BLOB NOT NULL, entries BLOB NOT NULL)`,
    );
  }

  pages(): readonly WarmPage[] {
    return this.#sql
      .exec<WarmPage & Record<string, SqlStorageValue>>(
        `SELECT place, last, count, version, touched AS touchedAtMs FROM ${this.#table} ORDER BY place`,
      )
      .toArray();
  }

  entries(place: number): Entries {
    const sql = `SELECT entries AS words FROM ${this.#table} WHERE place = ?`;
    return new Uint32Array(this.#sql.exec<{ words: ArrayBuffer }>(sql, place).one().words);
  }

  filter(place: number): SeenFilter {
    const sql = `SELECT filter AS words FROM ${this.#table} WHERE place = ?`;
    return new Uint32Array(this.#sql.exec<{ words: ArrayBuffer }>(sql, place).one().words);
  }

  put(page: WarmPage, { replaces, entries }: PageWrite, filter: SeenFilter): void {
    if (replaces !== null && replaces !== page.place) this.remove(replaces);
    this.#sql.exec(
      `INSERT OR REPLACE INTO ${this.#table} (place, last, count, version, touched, filter, entries) VALUES (?, ?, ?, ?, ?, ?, ?)`,
      page.place,
      page.last,
      page.count,
      page.version,
      page.touchedAtMs,
      filter.buffer,
      entries.buffer,
    );
  }

  remove(place: number): void {
    this.#sql.exec(`DELETE FROM ${this.#table} WHERE place = ?`, place);
  }
}

/** The pages that lie in the lake's bucket. */
export class ColdTable {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  create(): void {
    this.#sql.exec(
      `CREATE TABLE seen_cold (page INTEGER PRIMARY KEY, at INTEGER NOT NULL, count INTEGER NOT NULL,
        first INTEGER NOT NULL, last INTEGER NOT NULL, filter BLOB NOT NULL)`,
    );
  }

  /** All pages, by object and index. */
  pages(): readonly ColdPage[] {
    return this.#sql
      .exec<{ page: number; at: number; count: number; first: number; last: number }>(
        "SELECT page, at, count, first, last FROM seen_cold ORDER BY page",
      )
      .toArray()
      .map(({ page, ...rest }) => ({
        object: Math.floor(page / pagesPerObject),
        index: page % pagesPerObject,
        ...rest,
      }));
  }

  filter({ object, index }: ColdPage): SeenFilter {
    const sql = "SELECT filter FROM seen_cold WHERE page = ?";
    return new Uint32Array(this.#sql.exec<{ filter: ArrayBuffer }>(sql, object * pagesPerObject + index).one().filter);
  }

  /** Moves a warm page here, with its filter; the ids leave SQL. */
  takeWarm(page: ColdPage, place: number): void {
    this.#sql.exec(
      `INSERT INTO seen_cold (page, at, count, first, last, filter) SELECT ?, ?, ?, ?, ?, filter FROM seen WHERE place = ?`,
      page.object * pagesPerObject + page.index,
      page.at,
      page.count,
      page.first,
      page.last,
      place,
    );
    this.#sql.exec("DELETE FROM seen WHERE place = ?", place);
  }
}
