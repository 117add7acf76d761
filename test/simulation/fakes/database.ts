import { DatabaseSync, type SQLInputValue } from "node:sqlite";

/* D1, as far as the Workers use it: prepared statements, and batches that happen as a whole. */

type Row = Record<string, unknown>;

/** How a call reaches the database: `effect` is run when it arrives. */
type DatabaseCall = <Value>(what: string, effect: () => Value) => Promise<Value>;

/** Opens a database in memory after running scripts. */
export function openDatabase(scripts: readonly string[]): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  for (const script of scripts) db.exec(script);
  return db;
}

/** What the Workers use of a D1 binding. */
export function d1Over(db: DatabaseSync, call: DatabaseCall) {
  return {
    prepare: (sql: string) => new Statement(db, call, sql, []),
    batch: (statements: readonly Statement[]) =>
      call("batch", () => {
        db.exec("BEGIN");
        try {
          const results = statements.map((statement) => statement.runNow());
          db.exec("COMMIT");
          return results;
        } catch (error) {
          db.exec("ROLLBACK");
          throw error;
        }
      }),
  };
}

class Statement {
  readonly #db: DatabaseSync;
  readonly #call: DatabaseCall;
  readonly #sql: string;
  readonly #values: readonly SQLInputValue[];

  constructor(db: DatabaseSync, call: DatabaseCall, sql: string, values: readonly SQLInputValue[]) {
    this.#db = db;
    this.#call = call;
    this.#sql = sql;
    this.#values = values;
  }

  bind(...values: readonly SQLInputValue[]): Statement {
    return new Statement(this.#db, this.#call, this.#sql, values);
  }

  all(): Promise<{ results: Row[] }> {
    return this.#call("all", () => this.runNow());
  }

  run(): Promise<{ results: Row[] }> {
    return this.#call("run", () => this.runNow());
  }

  first(column?: string): Promise<unknown> {
    return this.#call("first", () => {
      const row = this.runNow().results[0];
      if (row === undefined) return null;
      return column === undefined ? row : (row[column] ?? null);
    });
  }

  runNow(): { success: true; results: Row[]; meta: { changes: number } } {
    const statement = this.#db.prepare(this.#sql);
    const isQuery = statement.columns().length > 0;
    const results = isQuery ? statement.all(...this.#values).map((row) => ({ ...row })) : [];
    const changes = isQuery ? results.length : Number(statement.run(...this.#values).changes);
    return { success: true, results, meta: { changes } };
  }
}
