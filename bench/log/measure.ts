import { gzipSync } from "node:zlib";
import { stop } from "esbuild";
import { workerNames } from "../../tools/local/workers.ts";
import { type BenchRuntime, startRuntime } from "../cost/runtime.ts";
import { benchWorker } from "../cost/workers.ts";
import { duckFloor } from "./duck.ts";
import { duckFromJson } from "./duck-json.ts";
import { measureStages, type PublishStages } from "./stages.ts";
import { type LogTraffic, logTraffic, receiptOf } from "./traffic.ts";

/** Costs in µs of CPU per event, sizes in bytes per event. */
export interface LogFigures {
  readonly appendFloor: number;
  readonly append: number;
  readonly publish: number;
  readonly publishFloor: number;
  /** DuckDB's publication of the same bodies: unpack, read JSON, take columns out, sort, write. */
  readonly duckFromJson: number;
  readonly stages: PublishStages;
  readonly rowsWritten: number;
  readonly rawBytes: number;
  readonly gzipBytes: number;
  readonly lakeBytes: number;
  readonly duckZstdBytes: number;
  readonly duckGzipBytes: number;
}

/** Measures the log with messages of `size` events. Each side gets the same calls, after some to warm up. */
export async function measureLog(size: number, events: number): Promise<LogFigures> {
  const traffic = logTraffic(`log ${size}`, size, events);
  const runtime = await startRuntime([await logWorker()]);
  await stop();
  try {
    const url = await runtime.urlOf(workerNames.consumer);
    const warmUp = logTraffic(`warm ${size}`, size, Math.max(20_000, events / 5));
    await post(url, "/log", warmUp);
    await post(url, "/floor", warmUp);
    await fetch(`${url}/publish`).then((reply) => reply.text());
    const floor = await cpuOf(runtime, () => post(url, "/floor", traffic));
    const rowsBefore = await rowsOf(url);
    const append = await cpuOf(runtime, () => post(url, "/log", traffic));
    const before = await keysOf(runtime);
    const publish = await cpuOf(runtime, () => fetch(`${url}/publish`).then((reply) => reply.text()));
    const rows = await rowsOf(url);
    const files = await filesOf(runtime, before);
    const duck = await duckFloor(files);
    if (duck.rows < traffic.events) throw new Error(`${duck.rows} of ${traffic.events} events are in the lake`);
    const receipt = (i: number) => receiptOf(`log ${size}`, i, traffic.startMs, size);
    const fromJson = await duckFromJson(traffic.bodies, receipt);
    if (fromJson.rows !== traffic.events) throw new Error(`DuckDB read ${fromJson.rows} of ${traffic.events} events`);
    const stages = measureStages(
      traffic.bodies.map((body) => gzipSync(body)),
      receipt,
    );
    const texts = traffic.bodies.flatMap((body) =>
      (JSON.parse(body) as { batch: object[] }).batch.map((e) => JSON.stringify(e)),
    );
    const ndjson = texts.join("\n");
    const perEvent = (value: number): number => value / traffic.events;
    return {
      appendFloor: perEvent(floor) * 1000,
      append: perEvent(append) * 1000,
      publish: perEvent(publish) * 1000,
      publishFloor: (duck.gzipCpuMs * 1000) / duck.rows,
      duckFromJson: (fromJson.cpuMs * 1000) / fromJson.rows,
      stages,
      rowsWritten: perEvent(rows - rowsBefore),
      rawBytes: perEvent(ndjson.length),
      gzipBytes: perEvent(gzipSync(ndjson).length),
      lakeBytes: files.reduce((sum, file) => sum + file.length, 0) / duck.rows,
      duckZstdBytes: duck.zstdBytes / duck.rows,
      duckGzipBytes: duck.gzipBytes / duck.rows,
    };
  } finally {
    await runtime.stop();
  }
}

async function logWorker() {
  const vars = { PUBLISH_SECONDS: "86400", PUBLISH_OLD_SECONDS: "86400", PUBLISH_OLD_ROWS: "1000000000" };
  const worker = await benchWorker({ folder: "queue-consumer", entry: "bench/log/worker.js", vars });
  const floor = { className: "FloorLog", useSQLite: true };
  return { ...worker, queueConsumers: {}, durableObjects: { ...worker.durableObjects, FLOOR_LOG: floor } };
}

async function post(url: string, path: string, traffic: LogTraffic): Promise<void> {
  for (const call of traffic.calls) {
    const reply = await fetch(url + path, { method: "POST", body: new Uint8Array(call) });
    if (!reply.ok) throw new Error(`${path} answered ${reply.status}: ${await reply.text()}`);
    await reply.text();
  }
}

async function rowsOf(url: string): Promise<number> {
  return (await (await fetch(`${url}/rows`)).json()) as number;
}

/** Etags of the parts in the lake. */
async function keysOf(runtime: BenchRuntime): Promise<ReadonlySet<string>> {
  const lake = await runtime.mf.getR2Bucket("LAKE", workerNames.consumer);
  const { objects } = await lake.list({ prefix: "events/" });
  return new Set(objects.map(({ etag }) => etag));
}

async function filesOf(runtime: BenchRuntime, before: ReadonlySet<string>): Promise<readonly Uint8Array[]> {
  const lake = await runtime.mf.getR2Bucket("LAKE", workerNames.consumer);
  const { objects } = await lake.list({ prefix: "events/" });
  const files: Uint8Array[] = [];
  for (const { key, etag } of objects) {
    if (before.has(etag)) continue;
    const object = await lake.get(key);
    if (object !== null) files.push(new Uint8Array(await object.arrayBuffer()));
  }
  return files;
}

async function cpuOf(runtime: BenchRuntime, work: () => Promise<unknown>): Promise<number> {
  const beforeMs = runtime.cpuMs();
  await work();
  return runtime.cpuMs() - beforeMs;
}
