// Counts what a Worker would be billed for. Each count is kept under the handler that caused it (`edge fetch`,
// `log alarm`, …) and a unit, with a detail where one is needed: the folder of an R2 key, the table of a statement.
import { AsyncLocalStorage } from "node:async_hooks";

const counts = new Map();
const handlers = new AsyncLocalStorage();
/** SQL cursors of handlers under way: how many rows they read is known when they are used up. */
const cursors = [];

/** Bytes of metadata that a queue adds to each message, and the bytes that one operation covers. */
const queueMetadataBytes = 100;
const queueOperationBytes = 64_000;

/** Adds to a count of the handler under way. */
export function count(unit, amount = 1) {
  const key = `${handlers.getStore() ?? "outside"}|${unit}`;
  counts.set(key, (counts.get(key) ?? 0) + amount);
}

/** Runs a handler, counting its invocation and everything it causes. */
export function within(handler, work) {
  return handlers.run(handler, () => {
    count("calls");
    return work();
  });
}

/** All counts so far, as `handler|unit` and number. */
export function report() {
  for (const { handler, cursor } of cursors.splice(0)) {
    const key = `${handler}|sql read`;
    counts.set(key, (counts.get(key) ?? 0) + cursor.rowsRead);
  }
  return Response.json(Object.fromEntries(counts));
}

/** A bucket that counts: puts and lists are class A, gets and heads class B, deletes are free. */
export function countedBucket(bucket) {
  const folder = (key) => String(key ?? "").split("/")[0];
  return {
    put: (key, ...rest) => (count(`A put ${folder(key)}`), bucket.put(key, ...rest)),
    list: (options) => (count(`A list ${folder(options?.prefix)}`), bucket.list(options)),
    get: (key, ...rest) => (count(`B get ${folder(key)}`), bucket.get(key, ...rest)),
    head: (key) => (count(`B head ${folder(key)}`), bucket.head(key)),
    delete: (keys) => (count("free delete"), bucket.delete(keys)),
  };
}

/** A queue that counts: one operation per 64,000 bytes to write, to read and to delete each message. */
export function countedQueue(queue) {
  return {
    send(body, options) {
      const bytes = body.byteLength + queueMetadataBytes;
      count("messages");
      count("message bytes", bytes);
      count("queue operations", 3 * Math.ceil(bytes / queueOperationBytes));
      return queue.send(body, options);
    },
  };
}

/** Whether a bound value is the family of rows of weekly, monthly and returning users, which the model counts by itself. */
function isTrailFamily(value) {
  return typeof value === "string" && /^(?:trail|week|month)@/.test(value);
}

/** A database that counts rows, by the first table that a statement names. `first` goes by `all`, which tells its rows. */
export function countedDatabase(database) {
  const real = new WeakMap();
  const texts = new WeakMap();
  const took = ({ sql, isTrail }, { meta }) => {
    // A project without changes is said to be up to date by a statement of its own, which needs no lease.
    const isIdle = tableOf(sql) === "project_rollup" && !sql.includes("lease");
    count(`d1 written ${isIdle ? "as of" : isTrail ? "trail" : tableOf(sql)}`, meta.rows_written);
    count("d1 read", meta.rows_read);
  };
  const wrap = (statement, text) => {
    const wrapped = {
      bind: (...values) => wrap(statement.bind(...values), { ...text, isTrail: values.some(isTrailFamily) }),
      async all() {
        const result = await statement.all();
        took(text, result);
        return result;
      },
      run: () => wrapped.all(),
      async first(column) {
        const { results } = await wrapped.all();
        const row = results[0] ?? null;
        return row === null || column === undefined ? row : row[column];
      },
    };
    real.set(wrapped, statement);
    texts.set(wrapped, text);
    return wrapped;
  };
  return {
    prepare: (sql) => wrap(database.prepare(sql), { sql, isTrail: false }),
    async batch(statements) {
      const results = await database.batch(statements.map((statement) => real.get(statement)));
      results.forEach((result, i) => took(texts.get(statements[i]), result));
      return results;
    },
  };
}

/** Counts rows and alarms of every Durable Object of this isolate, on the platform's own prototypes. */
export function countStorage(storage, clock) {
  const sqlPrototype = Object.getPrototypeOf(storage.sql);
  if (Object.hasOwn(sqlPrototype, "isCounted")) return;
  sqlPrototype.isCounted = true;
  const { exec } = sqlPrototype;
  sqlPrototype.exec = function (sql, ...values) {
    const cursor = exec.call(this, sql, ...values);
    const handler = handlers.getStore() ?? "outside";
    // Values of the log's state are of several kinds: what is written when it folds, and what marks that it publishes.
    const table = tableOf(sql) === "meta" ? `meta ${values[0]}` : tableOf(sql);
    if (cursor.rowsWritten > 0) count(`sql written ${table}`, cursor.rowsWritten);
    if (sql.startsWith("CREATE TABLE blocks_")) count("seals");
    if (cursor.rowsWritten > 0 && table === "meta foldedThrough") count("folds");
    cursors.push({ handler, cursor });
    return cursor;
  };
  const storagePrototype = Object.getPrototypeOf(storage);
  const { setAlarm, getAlarm } = storagePrototype;
  storagePrototype.setAlarm = function (atMs) {
    count("sql written alarm");
    return setAlarm.call(this, clock.realOf(atMs));
  };
  storagePrototype.getAlarm = async function () {
    const atMs = await getAlarm.call(this);
    return atMs === null ? null : clock.virtualOf(atMs);
  };
}

/** Name of the first table in a statement, without the numbers that some end with. */
function tableOf(sql) {
  const match = /\b(?:INTO|UPDATE|FROM|TABLE(?: IF NOT EXISTS)?)\s+(?!NOT\b)([a-z_]+)/i.exec(
    sql.replace(/DO UPDATE/g, ""),
  );
  return (match?.[1] ?? "other").replace(/_$/, "");
}
