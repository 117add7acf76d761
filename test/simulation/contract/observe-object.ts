import { failureOf, type Observations } from "./observe.ts";

/** The storage of a Durable Object, as far as the observations use it. */
export interface ObservedStorage {
  readonly sql: {
    exec(query: string, ...bindings: unknown[]): ObservedCursor;
    readonly databaseSize: number;
  };
  transactionSync<Value>(closure: () => Value): Value;
  getAlarm(): Promise<number | null>;
  setAlarm(atMs: number): Promise<void>;
  deleteAlarm(): Promise<void>;
}

interface ObservedCursor extends Iterable<Record<string, unknown>> {
  toArray(): Record<string, unknown>[];
  one(): Record<string, unknown>;
  raw(): Iterable<unknown[]>;
  readonly columnNames: string[];
  readonly rowsWritten: number;
}

/** An object whose first alarm fails; made the same way in workerd and over the fakes. */
export function observedObject(storage: ObservedStorage) {
  return {
    /** SQL, transactions and cursors. */
    async observe(): Promise<Observations> {
      return observeSql(storage);
    },
    /** Sets an alarm, takes it away, moves it, and lets it ring. */
    async arm(nowMs: number): Promise<Observations> {
      const seen: Observations = { "no alarm": await storage.getAlarm() };
      await storage.setAlarm(nowMs + 3_600_000);
      seen["an alarm"] = ((await storage.getAlarm()) ?? 0) - nowMs;
      await storage.deleteAlarm();
      seen["a deleted alarm"] = await storage.getAlarm();
      await storage.setAlarm(nowMs + 3_600_000);
      await storage.setAlarm(nowMs + 10);
      storage.sql.exec("CREATE TABLE rings (alarm INTEGER)");
      return seen;
    },
    /** The first ring fails after having written. */
    async alarm(): Promise<void> {
      storage.sql.exec("INSERT INTO rings VALUES (?)", await storage.getAlarm());
      if (storage.sql.exec("SELECT * FROM rings").toArray().length === 1) throw new Error("the first alarm fails");
    },
    /** What the handler saw of the alarm at each ring, and what is left of it. */
    async rings(): Promise<{ readonly seen: readonly unknown[]; readonly left: number | null }> {
      const rows = storage.sql.exec("SELECT alarm FROM rings").toArray();
      return { seen: rows.map((row) => row["alarm"]), left: await storage.getAlarm() };
    },
  };
}

async function observeSql(storage: ObservedStorage): Promise<Observations> {
  const { sql } = storage;
  const seen: Observations = {};
  sql.exec("CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB, c TEXT); CREATE TABLE u (x)");
  const insert = sql.exec("INSERT INTO t VALUES (?, ?, ?)", 1, new Uint8Array([7, 8]).buffer, null);
  seen["rows written by an insert"] = insert.rowsWritten;
  sql.exec("INSERT INTO t VALUES (2, ?, ?)", new ArrayBuffer(0), "text");
  const rows = sql.exec("SELECT * FROM t ORDER BY a").toArray();
  seen["a blob"] = [...new Uint8Array(rows[0]?.["b"] as ArrayBuffer)];
  seen["a blob is a buffer"] = rows[0]?.["b"] instanceof ArrayBuffer;
  seen["an empty blob"] = (rows[1]?.["b"] as ArrayBuffer | null)?.byteLength ?? null;
  seen["null"] = rows[0]?.["c"];
  seen["part of a blob"] = new Uint8Array(
    sql.exec("SELECT substr(b, 2, 1) AS d FROM t WHERE a = 1").one()["d"] as ArrayBuffer,
  )[0];
  seen["one of none"] = await failureOf(async () => sql.exec("SELECT * FROM u").one());
  seen["one of two"] = await failureOf(async () => sql.exec("SELECT a FROM t").one());
  seen["the rest of a cursor"] = restOf(sql.exec("SELECT a FROM t ORDER BY a"));
  seen["raw"] = [...sql.exec("SELECT a, c FROM t ORDER BY a").raw()];
  seen["column names"] = sql.exec("SELECT a, c AS d FROM t").columnNames;
  seen["a transaction that throws"] = await failureOf(async () => {
    storage.transactionSync(() => {
      sql.exec("INSERT INTO u VALUES (1)");
      sql.exec("DROP TABLE t");
      throw new Error("no");
    });
  });
  seen["it changed nothing"] = [
    sql.exec("SELECT count(*) AS n FROM t").one()["n"],
    sql.exec("SELECT count(*) AS n FROM u").one()["n"],
  ];
  storage.transactionSync(() => {
    sql.exec("INSERT INTO u VALUES (1)");
    try {
      storage.transactionSync(() => {
        sql.exec("INSERT INTO u VALUES (2)");
        throw new Error("inner");
      });
    } catch {
      sql.exec("INSERT INTO u VALUES (3)"); // the inner transaction is undone, the outer goes on
    }
  });
  seen["an inner transaction that throws"] = [...sql.exec("SELECT x FROM u ORDER BY x").raw()];
  seen["rows written by an update"] = sql.exec("UPDATE u SET x = x + 1").rowsWritten;
  seen["rows written by a query"] = sql.exec("SELECT * FROM u").rowsWritten;
  seen["tables"] = sql
    .exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB ?", "[tu]")
    .toArray().length;
  seen["has a size"] = sql.databaseSize > 0;
  seen["wrong SQL"] = await failureOf(async () => sql.exec("SELECT * FROM nowhere"));
  return seen;
}

function restOf(cursor: ObservedCursor): unknown[] {
  const [first] = cursor;
  return [first?.["a"], cursor.toArray().length];
}
