/*
 * What the platform does, as observed through its bindings: run in workerd and over the fakes, whose answers must be the
 * same. Nothing here knows which of the two it looks at.
 */

/** The bindings, as far as the observations use them; both sides are cast to these. */
export interface ObservedBucket {
  put(key: string, value: string | Uint8Array, options?: object): Promise<ObservedObject | null>;
  get(key: string, options?: object): Promise<(ObservedObject & Partial<ObservedBody>) | null>;
  head(key: string): Promise<ObservedObject | null>;
  delete(keys: string | string[]): Promise<void>;
  list(options: object): Promise<{ objects: ObservedObject[]; truncated: boolean; cursor?: string }>;
}

interface ObservedObject {
  readonly key: string;
  readonly etag: string;
  readonly size: number;
  readonly customMetadata?: Record<string, string>;
  readonly checksums: { toJSON(): { sha256?: string } };
}

interface ObservedBody {
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** The database binding, likewise. */
export interface ObservedDatabase {
  prepare(sql: string): ObservedStatement;
  batch(statements: ObservedStatement[]): Promise<{ results: unknown[] }[]>;
}

interface ObservedStatement {
  bind(...values: (string | number | null)[]): ObservedStatement;
  all(): Promise<{ results: unknown[] }>;
  run(): Promise<unknown>;
  first(column?: string): Promise<unknown>;
}

/** What was seen, by what was done. */
export type Observations = Record<string, unknown>;

/** R2: conditions, checksums, metadata, ranges, listings. The bucket must be empty. */
export async function observeBucket(bucket: ObservedBucket): Promise<Observations> {
  const seen: Observations = {};
  const absent = { onlyIf: { etagDoesNotMatch: "*" } };
  const first = await bucket.put("a/1", "one", { ...absent, customMetadata: { birth: "b" } });
  const etag = first?.etag ?? "";
  seen["put on absence"] = { etag, size: first?.size };
  seen["put on absence where there is one"] = await bucket.put("a/1", "other", absent);
  const ifNone = { onlyIf: new Headers({ "If-None-Match": "*" }) };
  seen["put with If-None-Match where there is one"] = await bucket.put("a/1", "other", ifNone);
  seen["put on another etag"] = await bucket.put("a/1", "other", { onlyIf: { etagMatches: "0".repeat(32) } });
  seen["put on an etag where there is none"] = await bucket.put("a/9", "other", { onlyIf: { etagMatches: etag } });
  const sha256 = "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3"; // of "two"
  const second = await bucket.put("a/1", "two", { onlyIf: { etagMatches: etag }, sha256 });
  seen["put on the etag"] = second?.etag;
  seen["checksum of the reply"] = second?.checksums.toJSON().sha256;
  const head = await bucket.head("a/1");
  seen["head"] = { size: head?.size, sha256: head?.checksums.toJSON().sha256, metadata: head?.customMetadata };
  seen["put with a wrong checksum"] = await failureOf(() => bucket.put("a/1", "three", { sha256 }));
  seen["it stored nothing"] = await (await bucket.get("a/1"))?.text?.();
  const stale = await bucket.get("a/1", { onlyIf: { etagMatches: etag } });
  seen["get of a replaced version"] = stale === null ? null : { etag: stale.etag, hasBody: stale.text !== undefined };
  const range = await bucket.get("a/1", { range: { offset: 1, length: 1 } });
  seen["get of a range"] = { text: await range?.text?.(), size: range?.size };
  const suffix = await bucket.get("a/1", { range: { suffix: 2 } });
  seen["get of a suffix"] = (await suffix?.arrayBuffer?.())?.byteLength;
  seen["get of nothing"] = await bucket.get("none");
  seen["head of nothing"] = await bucket.head("none");
  for (const key of ["a/3", "a/2", "b/1"]) await bucket.put(key, new Uint8Array([1, 2]));
  const page = await bucket.list({ prefix: "a/", limit: 2 });
  seen["list"] = { keys: page.objects.map(({ key }) => key), truncated: page.truncated };
  const rest = await bucket.list({ prefix: "a/", limit: 2, cursor: page.cursor });
  seen["list goes on"] = { keys: rest.objects.map(({ key }) => key), truncated: rest.truncated };
  await bucket.delete(["a/1", "none"]);
  await bucket.delete("a/2");
  seen["after deletions"] = (await bucket.list({})).objects.map(({ key }) => key);
  return seen;
}

/** D1: statements, numbered and unnumbered parameters, batches. The database must be empty. */
export async function observeDatabase(db: ObservedDatabase): Promise<Observations> {
  const seen: Observations = {};
  await db.prepare("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)").run();
  const insert = db.prepare("INSERT INTO t (a, b) VALUES (?1, ?2) RETURNING a");
  seen["returning"] = (await insert.bind(1, "x").all()).results;
  seen["first"] = await db.prepare("SELECT a, b FROM t WHERE a = ?").bind(1).first();
  seen["first of a column"] = await db.prepare("SELECT a, b FROM t WHERE a = ?").bind(1).first("b");
  seen["first of nothing"] = await db.prepare("SELECT a FROM t WHERE a = ?").bind(9).first();
  seen["null"] = await insert.bind(2, null).first("a");
  seen["a batch that fails"] = await failureOf(() => db.batch([insert.bind(3, "y"), insert.bind(1, "again")]));
  const results = await db.batch([insert.bind(4, "z"), db.prepare("SELECT a FROM t ORDER BY a")]);
  seen["a batch"] = results.map((result) => result.results);
  return seen;
}

/** Whether something fails; messages differ between the platform and its emulators. */
export async function failureOf(run: () => Promise<unknown>): Promise<"fails" | "succeeds"> {
  try {
    await run();
    return "succeeds";
  } catch {
    return "fails"; // that it does is what is observed
  }
}
