/*
 * `npm run bench -- ingest`: events per second through the edge on one core of workerd, against a floor in the same run.
 * The floor is a bare Hono handler that gunzips, parses, sends the body to the queue and answers (bench/ingest/floor.js).
 * Both run in the same workerd, in turns; the figure is the ratio of their medians.
 */
import { join } from "node:path";
import { build, stop } from "esbuild";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare, type V4WorkerOptions } from "miniflare";
import { projectRoot } from "../tools/project-root.ts";
import { formatTable } from "../tools/terminal/table.ts";
import { writeKey, writeKeySecret } from "../worker/testing/write-keys.ts";
import { requestBody } from "./ingest/events.ts";
import { sendMany } from "./ingest/load.ts";

/** Batch size, and events per round and side, so that a round takes about half a second. */
const cases = [
  [1, 4000],
  [10, 30_000],
  [50, 60_000],
  [500, 150_000],
] as const;
const rounds = 7;
const connections = 8;
const compatibilityDate = "2026-10-01";

/** Takes what the queue delivers, so that it does not pile up; both sides share it. */
const sink = "export default { async queue() {} }";

await main();

async function main(): Promise<void> {
  const mf = new Miniflare(
    convertV4MiniflareOptions({
      log: new Log(LogLevel.ERROR),
      telemetry: { enabled: false },
      cf: {},
      workers: [
        await benchWorker("floor", "bench/ingest/floor.js"),
        await benchWorker("edge", "worker/src/index.ts"),
        {
          name: "sink",
          modules: true,
          script: sink,
          compatibilityDate,
          queueConsumers: { events: { maxBatchSize: 100, maxBatchTimeout: 0 } },
        },
      ],
    }),
  );
  await stop();
  try {
    await mf.ready;
    const floor = new URL("/v1/batch", await mf.unsafeGetDirectURL("floor"));
    const edge = new URL("/v1/batch", await mf.unsafeGetDirectURL("edge"));
    const rows: string[][] = [];
    for (const [size, events] of cases) {
      for (const isGzip of [false, true]) rows.push(await measure(floor, edge, size, events, isGzip));
    }
    console.log(formatTable(["batch", "body", "bytes", "floor ev/s", "edge ev/s", "edge/floor"], rows));
  } finally {
    await mf.dispose();
  }
}

/** One case: rounds of floor and edge in turns, after one of each to warm up; a row of the table. */
async function measure(floor: URL, edge: URL, size: number, events: number, isGzip: boolean): Promise<string[]> {
  const body = requestBody(size, writeKey(), isGzip);
  const requests = Math.ceil(events / size);
  const rates = { floor: [] as number[], edge: [] as number[] };
  for (let round = 0; round <= rounds; round++) {
    const floorSeconds = await sendMany(floor, body, requests, connections);
    const edgeSeconds = await sendMany(edge, body, requests, connections);
    if (round === 0) continue;
    rates.floor.push((requests * size) / floorSeconds);
    rates.edge.push((requests * size) / edgeSeconds);
  }
  const floorRate = median(rates.floor);
  const edgeRate = median(rates.edge);
  return [
    String(size),
    isGzip ? "gzip" : "plain",
    String(body.length),
    floorRate.toFixed(0),
    edgeRate.toFixed(0),
    (edgeRate / floorRate).toFixed(2),
  ];
}

/** A Worker on a socket of its own; `wrangler dev` in between would be the slowest part of both sides. */
async function benchWorker(name: string, entry: string): Promise<V4WorkerOptions> {
  const bundle = await build({
    entryPoints: [join(projectRoot, entry)],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["node:*", "cloudflare:*"],
    loader: { ".txt": "text" },
    minify: false,
  });
  return {
    name,
    modules: true,
    script: bundle.outputFiles[0]?.text ?? "",
    compatibilityDate,
    compatibilityFlags: ["nodejs_compat"],
    queueProducers: { EVENTS: "events" },
    r2Buckets: { LAKE: "lake" },
    bindings: { WRITE_KEY_SECRETS: writeKeySecret, OPERATOR_TOKEN: "bench", REGISTRY_REFRESH_SECONDS: "30" },
    unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
  } as V4WorkerOptions;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
