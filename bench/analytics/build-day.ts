/*
 * Rolls up one day of a folder of parts with the production code, in a process of its own whose heap is limited: the parts are read
 * from disk, as a Worker reads them from R2. Called by marts.ts; prints what it cost as JSON.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { D1Database, R2Bucket } from "@cloudflare/workers-types";
import { rollUpDay } from "../../analytics/dist/shell/day-rollup.js";
import { RollupStore } from "../../analytics/dist/shell/rollup-store.js";
import { passLimits } from "../../analytics/dist/rollup-plan.js";
import { firstDayMs } from "../../analytics/testing/rows.ts";
import { d1Over, openDatabase } from "../../test/simulation/fakes/database.ts";
import { projectRoot } from "../../tools/project-root.ts";

/** What a roll-up of the day cost. */
export interface BuildCost {
  readonly rowsRead: number;
  readonly partsRead: number;
  readonly cpuMs: number;
  /** Greatest heap and buffers seen between row groups, garbage included, bytes. */
  readonly memory: number;
  /** Rows of D1 that hold the day's numbers, and their characters. */
  readonly d1Rows: number;
  readonly d1Characters: number;
}

const [folder = "", lateFolder = ""] = process.argv.slice(2);
const migrations = join(projectRoot, "analytics/migrations");
const scripts = readdirSync(migrations).sort();
const db = openDatabase(scripts.map((name) => readFileSync(join(migrations, name), "utf8")));
db.exec("INSERT INTO project (project, currency, created_at) VALUES ('shop', 'EUR', 0)");
let partsRead = 0;
let memory = 0;
const etags = new Map<string, string>();

// What workerd has and Node has not: MD5 in WebCrypto.
const digest = crypto.subtle.digest.bind(crypto.subtle);
crypto.subtle.digest = async (algorithm, data) => {
  if (algorithm !== "MD5") return digest(algorithm, data);
  return Uint8Array.from(
    createHash("md5")
      .update(new Uint8Array(data as ArrayBuffer))
      .digest(),
  ).buffer;
};

// As far as a roll-up uses R2 and D1; the rest of their types is not needed here.
const bucket = {
  list: async ({ prefix }: { prefix: string }) => {
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
    const keys = files.filter((key) => key.startsWith(prefix) && key.endsWith(".parquet"));
    return {
      objects: keys.map((key) => ({ key, etag: etagOf(key), size: statSync(join(folder, key)).size })),
      truncated: false,
    };
  },
  head: async (key: string) => (etags.has(key) ? { etag: etagOf(key) } : null),
  get: async (key: string) => {
    if (key.startsWith("events/")) partsRead += 1;
    const bytes = readFileSync(join(folder, key));
    return {
      body: true,
      arrayBuffer: async () => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
    };
  },
  put: async (key: string, bytes: Uint8Array) => {
    mkdirSync(dirname(join(folder, key)), { recursive: true });
    writeFileSync(join(folder, key), bytes);
    etags.delete(key);
    return { etag: etagOf(key) };
  },
} as unknown as R2Bucket;
const store = new RollupStore(d1Over(db, async (_what, effect) => effect()) as unknown as D1Database);
await store.takeLease("bench", 0);

const costs = [await build()];
if (lateFolder !== "") {
  for (const key of readdirSync(lateFolder, { recursive: true, encoding: "utf8" })) {
    if (!key.endsWith(".parquet")) continue;
    writeFileSync(join(folder, key), readFileSync(join(lateFolder, key)));
    etags.delete(key);
  }
  costs.push(await build());
}
console.log(JSON.stringify(costs));

async function build(): Promise<BuildCost> {
  partsRead = 0;
  memory = 0;
  const started = process.cpuUsage();
  const look = async (): Promise<void> => {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    memory = Math.max(memory, heapUsed + arrayBuffers);
  };
  const ports = { bucket, store, owner: "bench", limits: passLimits(undefined), yieldTurn: look };
  const read = await rollUpDay(ports, { project: "shop", dimensions: [] }, firstDayMs);
  const { user, system } = process.cpuUsage(started);
  const rows = db.prepare("SELECT count(*) AS n, sum(length(body)) AS size FROM rollup").get() as {
    n: number;
    size: number;
  };
  const cpuMs = (user + system) / 1000;
  return { rowsRead: read?.rowsRead ?? 0, partsRead, cpuMs, memory, d1Rows: rows.n, d1Characters: rows.size };
}

function etagOf(key: string): string {
  const held =
    etags.get(key) ??
    createHash("md5")
      .update(readFileSync(join(folder, key)))
      .digest("hex");
  etags.set(key, held);
  return held;
}
