import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { D1Database, R2Bucket } from "@cloudflare/workers-types";
import { encodeEvents, partKey, type Row } from "@sluice/lake";
import { hourOf } from "@sluice/schema";
import { kpiAnswer, type KpiAnswer } from "../../analytics/dist/kpi-answer.js";
import { kpiQuestion } from "../../analytics/dist/kpi-params.js";
import { passLimits } from "../../analytics/dist/rollup-plan.js";
import { rollUpDay, type RollupPorts } from "../../analytics/dist/shell/day-rollup.js";
import { readSources } from "../../analytics/dist/shell/kpi-numbers.js";
import { recountUsers } from "../../analytics/dist/shell/recount.js";
import { type ProjectState, RollupStore } from "../../analytics/dist/shell/rollup-store.js";
import { countTrail } from "../../analytics/dist/shell/trail.js";
import { type Oracle, oracleOver } from "../../analytics/testing/oracle.ts";
import { projectRoot } from "../../tools/project-root.ts";
import { BucketContents, bucketOver } from "../simulation/fakes/bucket.ts";
import { d1Over, openDatabase } from "../simulation/fakes/database.ts";

const project = "shop";

// What workerd has and Node has not: MD5 in WebCrypto, and a scheduler that waits.
const digest = crypto.subtle.digest.bind(crypto.subtle);
crypto.subtle.digest = async (algorithm, data) => {
  if (algorithm !== "MD5") return digest(algorithm, data);
  const bytes = ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
  return Uint8Array.from(createHash("md5").update(bytes).digest()).buffer;
};
Object.assign(globalThis, { scheduler: { wait: async () => undefined } });

/** A project's lake, marts and roll-ups in memory, made by the code that makes them on workerd. */
export class KpiWorld {
  readonly #contents = new BucketContents();
  readonly #rows = new Map<string, Row[]>();
  readonly #db;
  readonly #store: RollupStore;
  readonly #ports: RollupPorts;
  readonly #env: { readonly DB: D1Database; readonly LAKE: R2Bucket };
  #sequence = 0;

  constructor(timezone: string, dimensions: readonly string[], idsPerPass?: string) {
    const folder = join(projectRoot, "analytics/migrations");
    const scripts = readdirSync(folder).sort();
    this.#db = openDatabase(scripts.map((name) => readFileSync(join(folder, name), "utf8")));
    const sql = "INSERT INTO project (project, currency, created_at, timezone, dimensions) VALUES (?, 'EUR', 0, ?, ?)";
    this.#db.prepare(sql).run(project, timezone, JSON.stringify(dimensions));
    const atOnce = async <Value>(_what: string, effect: () => Value): Promise<Value> => effect();
    const stored = async <Value>(_verb: string, _key: string, effect: () => Value): Promise<Value> => effect();
    const world = { nowMs: () => 0, pageSize: () => 1000, isFalselyRefused: () => false };
    // The stand-ins are held to the platform's behaviour by the simulation's contract tests, not by its types.
    const bucket = bucketOver(this.#contents, stored, world) as unknown as R2Bucket;
    const db = d1Over(this.#db, atOnce) as unknown as D1Database;
    this.#env = { DB: db, LAKE: bucket };
    this.#store = new RollupStore(db);
    const yieldTurn = async (): Promise<void> => undefined;
    this.#ports = { bucket, store: this.#store, owner: "test", limits: passLimits(idsPerPass), yieldTurn };
  }

  /** Stores rows in parts of their hours, which grow, and rolls up what changed. */
  async take(rows: readonly Row[], partOf: (row: Row) => number): Promise<void> {
    const touched = new Set<string>();
    const days = new Set<number>();
    for (const row of rows) {
      const key = partKey({ dataset: "events", project, shard: 0, hourMs: hourOf(row.time), part: partOf(row) });
      this.#rows.set(key, [...(this.#rows.get(key) ?? []), row]);
      touched.add(key);
      days.add(Math.floor(row.time / 86_400_000) * 86_400_000);
    }
    for (const key of touched) {
      this.#sequence += 1;
      const bytes = encodeEvents(this.#rows.get(key) ?? [], { birthId: "birth", logSequence: this.#sequence });
      this.#contents.put(key, bytes, {}, 0);
    }
    await this.#rollUp([...days].sort((a, b) => a - b));
  }

  async #rollUp(days: readonly number[]): Promise<void> {
    await this.#store.takeLease("test", 0);
    for (const day of days) await rollUpDay(this.#ports, await this.#state(), day);
    const state = await this.#state();
    await recountUsers(this.#ports, state, state.recountFromMs, () => false);
    const outcome = await countTrail(this.#ports, await this.#state(), () => false);
    if (outcome !== "counted") throw new Error(`users were not counted: ${outcome}`);
    await this.#store.trailCounted("test", project, 1);
  }

  async #state(): Promise<ProjectState> {
    const state = (await this.#store.projects()).find((entry) => entry.project === project);
    if (state === undefined) throw new Error("the project is gone");
    return state;
  }

  /** Everything that follows from the events: rows of D1 and bytes of marts, as one text. */
  made(): string {
    const hash = createHash("sha256");
    const rows = this.#db.prepare("SELECT day, family, body FROM rollup ORDER BY day, family").all();
    for (const row of rows) hash.update(JSON.stringify(row));
    const marts = [...this.#contents.objects.values()].filter((object) => object.key.startsWith("marts/"));
    for (const { key, etag } of marts.sort((a, b) => (a.key < b.key ? -1 : 1))) hash.update(`${key} ${etag}`);
    return `${rows.length} rows, ${marts.length} marts, ${hash.digest("hex")}`;
  }

  /** Rows of D1 of the day that has the most of them. */
  rowsOfDay(): number {
    const sql = "SELECT max(n) AS n FROM (SELECT count(*) AS n FROM rollup GROUP BY day)";
    return Number(this.#db.prepare(sql).get()?.["n"]);
  }

  /** Answers a question as the query API does. */
  async ask(query: string): Promise<KpiAnswer> {
    const { timezone, currency, dimensions } = await this.#state();
    const question = kpiQuestion(new URLSearchParams(query), { timezone, dimensions });
    if (!question.ok) throw new Error(JSON.stringify(question.error));
    const sources = await readSources(
      this.#env,
      { project, timezone, currency, hasTrail: true, asOfMs: 0 },
      question.value,
    );
    if (!sources.ok) throw new Error(JSON.stringify(sources.error));
    return kpiAnswer(question.value, { project, asOfMs: 0, trailAsOfMs: 0 }, { ...sources.value, live: null });
  }

  /** DuckDB over a copy of the event files. */
  async oracle(): Promise<Oracle> {
    const folder = await mkdtemp(join(tmpdir(), "sluice-kpis-"));
    try {
      for (const { key, bytes } of this.#contents.objects.values()) {
        if (!key.startsWith("events/")) continue;
        await mkdir(dirname(join(folder, key)), { recursive: true });
        await writeFile(join(folder, key), bytes);
      }
      return await oracleOver(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
