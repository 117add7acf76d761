/*
 * `npm run bench -- ingest [SIZE …]`: events per CPU second of workerd through the edge, against a floor in the same run.
 * The floor is a bare Hono handler that gunzips, parses, sends the body to the queue and answers (bench/ingest/floor.js).
 * Both run in the same workerd, in turns; the figure is the median of the rounds' ratios. CPU seconds are what is billed, and
 * unlike seconds they do not depend on what else the machine does; where they cannot be read (not on Linux), seconds serve.
 */
import { join } from "node:path";
import { build, stop } from "esbuild";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare, type V4WorkerOptions } from "miniflare";
import { workerdChildrenOf } from "../tools/local/processes.ts";
import { projectRoot } from "../tools/project-root.ts";
import { formatTable } from "../tools/terminal/table.ts";
import { writeKey, writeKeySecret } from "../worker/testing/write-keys.ts";
import { requestBody } from "./ingest/events.ts";
import { cpuSecondsOf } from "./load/cpu.ts";
import { sendMany } from "./load/send-many.ts";

/** Batch size, and events per round and side, so that a round takes about half a second. */
const cases = [
  [1, 2000],
  [10, 16_000],
  [50, 60_000],
  [500, 250_000],
] as const;
const rounds = 15;
const connections = 8;
const compatibilityDate = "2026-10-01";

/** Takes what the queue delivers, so that it does not pile up; both sides share it. */
const sink = "export default { async queue() {} }";

await main();

async function main(): Promise<void> {
  const mf = new Miniflare(
    convertV4MiniflareOptions({
      log: new Log(LogLevel.ERROR),
      handleStructuredLogs: () => undefined,
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
    const pid = workerdChildrenOf(process.pid)[0] ?? 0;
    const wanted = process.argv.slice(2).map(Number);
    for (const [size, events] of cases) {
      if (wanted.length > 0 && !wanted.includes(size)) continue;
      for (const isGzip of [false, true]) rows.push(await measure({ floor, edge, pid }, size, events, isGzip));
    }
    const unit = cpuSecondsOf(pid) === null ? "s" : "CPU s";
    const heading = ["batch", "body", "bytes", `floor events/${unit}`, `edge events/${unit}`, "edge/floor"];
    console.log(formatTable(heading, rows));
  } finally {
    await mf.dispose();
  }
}

interface Sides {
  readonly floor: URL;
  readonly edge: URL;
  /** Process id of the workerd that runs both. */
  readonly pid: number;
}

/** One case: rounds of floor and edge in turns, after one of each to warm up; a row of the table. */
async function measure(sides: Sides, size: number, events: number, isGzip: boolean): Promise<string[]> {
  const body = requestBody(size, writeKey(), isGzip);
  const requests = Math.ceil(events / size);
  const rates = { floor: [] as number[], edge: [] as number[] };
  for (let round = 0; round <= rounds; round++) {
    for (const side of ["floor", "edge"] as const) {
      const before = cpuSecondsOf(sides.pid);
      const seconds = await sendMany(sides[side], body, requests, connections);
      const after = cpuSecondsOf(sides.pid);
      const spent = before === null || after === null ? seconds : after - before;
      if (round > 0) rates[side].push((requests * size) / spent);
    }
  }
  const floorRate = median(rates.floor);
  const edgeRate = median(rates.edge);
  return [
    String(size),
    isGzip ? "gzip" : "plain",
    String(body.length),
    floorRate.toFixed(0),
    edgeRate.toFixed(0),
    median(rates.edge.map((rate, round) => rate / (rates.floor[round] ?? Number.NaN))).toFixed(2),
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
