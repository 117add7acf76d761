/*
 * `npm run bench -- log-ids [ids]`: what the log's seen ids cost. Memory (JavaScript heap and buffers; SQL is on disk), the time
 * of an id, and the time of a cold start at 1, 5 and 10 million ids, in this process with the production index over
 * SQLite; then rows written per event of a million events in appends of 100, on workerd, a publication and fold after
 * each 83,000 (five minutes of a million an hour) and everything else included.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { liveIdsMax } from "../queue-consumer/src/log/limits.ts";
import { LogState } from "../queue-consumer/src/shell/log-state.ts";
import { LogStorage } from "../queue-consumer/src/shell/log-storage.ts";
import { formatTable } from "../tools/terminal/table.ts";
import { benchWorker } from "./cost/workers.ts";
import { startRuntime } from "./cost/runtime.ts";
import { fileStorage } from "./log-ids/storage.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const hour = 3_600_000;
const idsPerAppend = 100;
const hashBytes = 16;
const counts = (process.argv[2] ?? "1000000,5000000,10000000").split(",").map(Number);
const events = 1_000_000;
const eventsPerFlush = 83_000;
const eventsPerCall = 10_000;
const repeatedAppends = 50;

const rows: string[][] = [];
for (const hours of [1, 24]) {
  for (const count of counts) {
    console.error(`filling ${count.toLocaleString("en")} ids of ${hours} hours…`);
    rows.push(measure(count, hours));
  }
}
console.log(
  formatTable(
    ["ids", "hours", "MB at rest", "MB at most", "µs per new id", "µs per repeated id", "cold start, ms"],
    rows,
  ),
);
console.error(`appending ${events.toLocaleString("en")} events on workerd…`);
console.log(`\n${await rowsPerEvent()} rows written per event, ${events} events in appends of ${idsPerAppend}`);

/** Fills an index with ids of so many hours, in order, and starts a log over what it left. */
function measure(count: number, hours: number): string[] {
  const folder = mkdtempSync(join(tmpdir(), "sluice-log-ids-"));
  const { storage, close } = fileStorage(join(folder, "log.sqlite"));
  try {
    const before = memoryMb();
    let state: LogState | null = new LogState(new LogStorage(storage));
    const { highestMb, seconds } = fill(state, count, hours);
    const restMb = memoryMb() - before;
    const repeated = repeat(state, count, hours);
    state = null;
    const start = performance.now();
    const restarted = new LogState(new LogStorage(storage));
    restarted.seen.has(0, hashes(1), 0);
    const startMs = performance.now() - start;
    const perId = (seconds * 1e6) / count;
    return [
      count.toLocaleString("en"),
      String(hours),
      restMb.toFixed(1),
      (highestMb - before).toFixed(1),
      perId.toFixed(2),
      repeated.toFixed(2),
      startMs.toFixed(0),
    ];
  } finally {
    close();
    rmSync(folder, { recursive: true });
  }
}

function fill(state: LogState, count: number, hours: number): { readonly highestMb: number; readonly seconds: number } {
  let highestMb = 0;
  let seconds = 0;
  let version = 0;
  const fold = (): void => {
    const start = performance.now();
    state.storage.transaction(() => state.seen.fold(++version, version))();
    seconds += (performance.now() - start) / 1000;
    highestMb = Math.max(highestMb, memoryMb());
  };
  for (let at = 0; at < count; at += idsPerAppend) {
    const bucketMs = Math.floor((at / count) * hours) * hour;
    const packed = hashes(at);
    const start = performance.now();
    for (let i = 0; i < idsPerAppend; i++) {
      if (state.seen.has(bucketMs, packed, i * hashBytes) !== false) throw new Error("a fresh id was seen");
    }
    state.seen.addLive(bucketMs, packed);
    seconds += (performance.now() - start) / 1000;
    if (state.seen.liveCount >= liveIdsMax) fold();
  }
  fold();
  return { highestMb, seconds };
}

/** Asks again for ids of all hours, as a retry does; µs per id. */
function repeat(state: LogState, count: number, hours: number): number {
  const step = Math.ceil(count / idsPerAppend / repeatedAppends) * idsPerAppend;
  const start = performance.now();
  let ids = 0;
  for (let at = 0; at < count; at += step) {
    const bucketMs = Math.floor((at / count) * hours) * hour;
    const packed = hashes(at);
    for (let i = 0; i < idsPerAppend; i++, ids++) {
      if (state.seen.has(bucketMs, packed, i * hashBytes) !== true) throw new Error("an id was forgotten");
    }
  }
  return ((performance.now() - start) * 1000) / ids;
}

/** Hashes of an append, uniform and the same for the same number. */
function hashes(seed: number): Uint8Array {
  const packed = new Uint32Array((idsPerAppend * hashBytes) / 4);
  for (let i = 0; i < packed.length; i++) packed[i] = mix(mix(seed) ^ Math.imul(i + 1, 0x9e3779b1));
  return new Uint8Array(packed.buffer);
}

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

function memoryMb(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1e6;
}

async function rowsPerEvent(): Promise<string> {
  const worker = await benchWorker({ folder: "queue-consumer", entry: "bench/log-ids/log.js" });
  const runtime = await startRuntime([worker]);
  try {
    const url = await runtime.urlOf(worker.name ?? "");
    let written = 0;
    for (let from = 0; from < events; from += eventsPerCall) {
      const query = `from=${from}&to=${from + eventsPerCall}&perAppend=${idsPerAppend}&perFlush=${eventsPerFlush}`;
      const response = await fetch(`${url}/?${query}`);
      if (!response.ok) throw new Error(await response.text());
      ({ written } = (await response.json()) as { written: number });
    }
    return (written / events).toFixed(4);
  } finally {
    await runtime.stop();
  }
}
