import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from "node:sqlite";

/*
 * The storage of one Durable Object: SQLite, transactions, the alarm. It outlives the object's instances. What an
 * instance stores is durable when something leaves the instance (the output gate); what it stored after that is
 * lost or kept when the instance dies, as the seed says. Held to workerd by ../contract.test.ts.
 */

/** A value as SQL in a Durable Object gives it. */
export type SqlValue = ArrayBuffer | string | number | null;
type SqlRow = Record<string, SqlValue>;

/** The store behind the instances of one object. */
export class ObjectDatabase {
  readonly #db = new DatabaseSync(":memory:");
  readonly #statements = new Map<string, StatementSync>();
  #alarmMs: number | null = null;
  #durableAlarmMs: number | null = null;
  /** Rows written since the object was made. */
  rowsWritten = 0;
  #confirmedRows = 0;

  constructor() {
    this.#db.exec("BEGIN");
  }

  get alarmMs(): number | null {
    return this.#alarmMs;
  }

  /** An alarm that is set or taken away is kept like a row. */
  set alarmMs(value: number | null) {
    this.#alarmMs = value;
  }

  /** Makes durable what was stored so far. */
  confirm(): void {
    this.#db.exec("COMMIT; BEGIN");
    this.#confirmedRows = this.rowsWritten;
    this.#durableAlarmMs = this.#alarmMs;
  }

  /** Whether rows were written that are not durable yet. */
  get hasUnconfirmed(): boolean {
    return this.rowsWritten > this.#confirmedRows;
  }

  /** Loses what is not durable. */
  forget(): void {
    this.#db.exec("ROLLBACK; BEGIN");
    this.#alarmMs = this.#durableAlarmMs;
  }

  get bytes(): number {
    const pages = this.#prepared("PRAGMA page_count").get() as { page_count: number };
    const size = this.#prepared("PRAGMA page_size").get() as { page_size: number };
    return pages.page_count * size.page_size;
  }

  exec(query: string, bindings: readonly unknown[]): { columns: string[]; rows: SqlRow[]; written: number } {
    const statements = statementsOf(query);
    for (const statement of statements.slice(0, -1)) this.#db.exec(statement);
    const last = this.#prepared(statements.at(-1) ?? query);
    const values = bindings.map(boundValue);
    const columns = last.columns().map((column) => column.name);
    const before = this.#changes();
    const rows = columns.length > 0 ? last.all(...values).map(rowOf) : [];
    if (columns.length === 0) last.run(...values);
    const written = this.#changes() - before;
    this.rowsWritten += written;
    return { columns, rows, written };
  }

  /** Runs statements so that all happen or none, also within one another. */
  transaction<Value>(closure: () => Value): Value {
    this.#db.exec("SAVEPOINT closure");
    try {
      const value = closure();
      this.#db.exec("RELEASE closure");
      return value;
    } catch (error) {
      this.#db.exec("ROLLBACK TO closure; RELEASE closure");
      throw error;
    }
  }

  close(): void {
    this.#db.close();
  }

  #changes(): number {
    return (this.#prepared("SELECT total_changes() AS changes").get() as { changes: number }).changes;
  }

  /** Statements are kept: SQLite compiles one again by itself when the tables have changed. */
  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, (statement = this.#db.prepare(sql)));
    return statement;
  }
}

/** What an instance may do, and what happens on its way to the alarm. */
export interface StorageGuard {
  /** Throws for an instance that is dead: its storage belongs to its successor. */
  assertAlive(): void;
  /** Throws where a statement of SQL fails, before it has done anything. */
  assertWorks(): void;
  /** Resolves, fails, or never ends, as the platform's storage does when the object is reset. */
  alarmCall<Value>(what: string, effect: () => Value): Promise<Value>;
  /** Told when the alarm was set or taken away. */
  alarmChanged(): void;
}

/** What the Workers use of `DurableObjectState.storage`. */
export function storageOver(database: ObjectDatabase, guard: StorageGuard) {
  return {
    sql: {
      exec(query: string, ...bindings: unknown[]) {
        guard.assertAlive();
        guard.assertWorks();
        return cursorOf(database.exec(query, bindings));
      },
      get databaseSize(): number {
        return database.bytes;
      },
    },
    transactionSync<Value>(closure: () => Value): Value {
      guard.assertAlive();
      return database.transaction(closure);
    },
    getAlarm: () => guard.alarmCall("getAlarm", () => database.alarmMs),
    setAlarm: (at: number | Date) =>
      guard.alarmCall("setAlarm", () => {
        database.alarmMs = Number(at);
        guard.alarmChanged();
      }),
    deleteAlarm: () =>
      guard.alarmCall("deleteAlarm", () => {
        database.alarmMs = null;
        guard.alarmChanged();
      }),
    sync: () => guard.alarmCall("sync", () => undefined),
  };
}

/** The cursor of `sql.exec`; it has read everything already, which code that holds it across an `await` may not rely on. */
function cursorOf({ columns, rows, written }: ReturnType<ObjectDatabase["exec"]>) {
  let at = 0;
  const next = (): { done: true } | { done: false; value: SqlRow } => {
    const value = rows[at++];
    return value === undefined ? { done: true } : { done: false, value };
  };
  const left = (): SqlRow[] => rows.slice(at, (at = rows.length));
  return {
    columnNames: columns,
    rowsRead: rows.length,
    rowsWritten: written,
    next,
    toArray: left,
    one(): SqlRow {
      const [only, ...more] = left();
      if (only === undefined || more.length > 0) {
        throw new Error(
          `Expected exactly one result from SQL query, but got ${more.length === 0 ? "no" : "multiple"} results.`,
        );
      }
      return only;
    },
    *raw(): Generator<SqlValue[]> {
      for (let row = next(); !row.done; row = next()) {
        const { value } = row;
        yield columns.map((column) => value[column] ?? null);
      }
    },
    *[Symbol.iterator](): Generator<SqlRow> {
      for (let row = next(); !row.done; row = next()) yield row.value;
    },
  };
}

/** Statements of a script. Texts and comments of this project's SQL hold no semicolon, which is asserted. */
function statementsOf(query: string): string[] {
  const plain = query.replaceAll(/--[^\n]*/g, "");
  if (/'[^']*;[^']*'/.test(plain))
    throw new Error("the fake splits scripts at semicolons and this one has one in a text");
  return plain
    .split(";")
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");
}

function boundValue(value: unknown): SQLInputValue {
  if (value instanceof ArrayBuffer) return blobOf(new Uint8Array(value));
  if (ArrayBuffer.isView(value)) return blobOf(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value === undefined) return null;
  if (value === null || typeof value === "string" || typeof value === "number") return value;
  throw new TypeError(`SQL takes no ${typeof value}`);
}

/** A copy. Node binds an empty array that has no memory as NULL, so an empty one is given some. */
function blobOf(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new ArrayBuffer(bytes.length + 1), 0, bytes.length);
  copy.set(bytes);
  return copy;
}

function rowOf(row: Record<string, SQLOutputValue>): SqlRow {
  const values: SqlRow = {};
  for (const [name, value] of Object.entries(row)) {
    if (value instanceof Uint8Array) values[name] = value.slice().buffer as ArrayBuffer;
    else values[name] = typeof value === "bigint" ? Number(value) : value;
  }
  return values;
}
