import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { DurableObjectStorage } from "@cloudflare/workers-types";

/** As much of a Durable Object's storage as the log's SQL needs, over a file, so that its pages are not in the heap. */
export function fileStorage(path: string): { readonly storage: DurableObjectStorage; readonly close: () => void } {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -2000");
  const statements = new Map<string, ReturnType<DatabaseSync["prepare"]>>();
  const prepared = (text: string): ReturnType<DatabaseSync["prepare"]> => {
    const statement = statements.get(text) ?? database.prepare(text);
    statements.set(text, statement);
    return statement;
  };
  const exec = (text: string, ...values: unknown[]) => {
    if (text.includes(";")) return (database.exec(text), cursorOf([]));
    return cursorOf(
      prepared(text)
        .all(...values.map(inputOf))
        .map(rowOf),
    );
  };
  const storage = {
    sql: { exec, databaseSize: 0 },
    transactionSync<Value>(work: () => Value): Value {
      database.exec("BEGIN");
      try {
        const value = work();
        database.exec("COMMIT");
        return value;
      } catch (error) {
        database.exec("ROLLBACK");
        throw error;
      }
    },
  };
  return { storage: storage as unknown as DurableObjectStorage, close: () => database.close() };
}

function cursorOf(rows: readonly object[]) {
  return { toArray: () => rows, one: () => rows[0], [Symbol.iterator]: () => rows[Symbol.iterator]() };
}

function inputOf(value: unknown): SQLInputValue {
  return value instanceof ArrayBuffer ? new Uint8Array(value) : (value as SQLInputValue);
}

/** Blobs as whole buffers, as Durable Objects give them. */
function rowOf(row: object): object {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value instanceof Uint8Array ? value.slice().buffer : value]),
  );
}
