/*
 * One measurement of bench/log-ids.ts, in a process of its own, so that the memory of one does not show in another:
 * `node bench/log-ids/fill.ts IDS HOURS` fills an index with ids of so many hours and prints, as JSON, what that took.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { liveIdsMax } from "../../queue-consumer/src/log/limits.ts";
import { LogState } from "../../queue-consumer/src/shell/log-state.ts";
import { LogStorage } from "../../queue-consumer/src/shell/log-storage.ts";
import { fileStorage } from "./storage.ts";

/** What a measurement prints. Times are of CPU. */
/** Published blocks are dropped at once. */
const liveMs = 0;

export interface Measured {
  readonly restMb: number;
  readonly highestMb: number;
  readonly newUs: number;
  readonly repeatedUs: number;
  readonly startMs: number;
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const hour = 3_600_000;
const idsPerAppend = 100;
const hashBytes = 16;
const repeatedAppends = 50;
const [count = 0, hours = 1] = process.argv.slice(2).map(Number);

const folder = mkdtempSync(join(tmpdir(), "sluice-log-ids-"));
const { storage, close } = fileStorage(join(folder, "log.sqlite"));
try {
  console.log(JSON.stringify(await measure()));
} finally {
  close();
  rmSync(folder, { recursive: true });
}

async function measure(): Promise<Measured> {
  const before = await memoryMb();
  const state = new LogState(new LogStorage(storage), liveMs);
  const { highestMb, us } = await fill(state);
  const restMb = (await memoryMb()) - before;
  const repeatedUs = repeat(state);
  const start = cpuUs();
  new LogState(new LogStorage(storage), liveMs).seen.has(0, hashes(1), 0);
  const startMs = (cpuUs() - start) / 1000;
  return { restMb, highestMb: highestMb - before, newUs: us / count, repeatedUs, startMs };
}

async function fill(state: LogState): Promise<{ readonly highestMb: number; readonly us: number }> {
  let [highestMb, us, version] = [0, 0, 0];
  for (let at = 0; at < count; at += idsPerAppend) {
    const packed = hashes(at);
    const start = cpuUs();
    for (let i = 0; i < idsPerAppend; i++) {
      if (state.seen.has(bucketOf(at), packed, i * hashBytes) !== false) throw new Error("a fresh id was seen");
    }
    state.seen.addLive(bucketOf(at), packed);
    us += cpuUs() - start;
    if (state.seen.liveCount < liveIdsMax && at + idsPerAppend < count) continue;
    highestMb = Math.max(highestMb, await memoryMb()); // with all ids that a log lets live
    const foldStart = cpuUs();
    state.storage.transaction(() => state.seen.fold(++version, version))();
    us += cpuUs() - foldStart;
    highestMb = Math.max(highestMb, await memoryMb());
  }
  return { highestMb, us };
}

/** Asks again for ids of all hours, as a retry does; µs per id. */
function repeat(state: LogState): number {
  const step = Math.ceil(count / idsPerAppend / repeatedAppends) * idsPerAppend;
  const start = cpuUs();
  let ids = 0;
  for (let at = 0; at < count; at += step) {
    const packed = hashes(at);
    for (let i = 0; i < idsPerAppend; i++, ids++) {
      if (state.seen.has(bucketOf(at), packed, i * hashBytes) !== true) throw new Error("an id was forgotten");
    }
  }
  return (cpuUs() - start) / ids;
}

function bucketOf(at: number): number {
  return Math.floor((at / count) * hours) * hour;
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

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Heap and buffers in use. Buffers are freed after the collection that finds them unused, hence twice. */
async function memoryMb(): Promise<number> {
  for (let i = 0; i < 2; i++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1e6;
}
