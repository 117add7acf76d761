/*
 * `npm run bench -- log-ids [IDS,IDS,…]`: what the log's seen ids cost. Memory (JavaScript heap and buffers; SQL is on disk),
 * CPU time of an id and of a cold start at 1, 5 and 10 million ids of one hour and of a day, with the production index over
 * SQLite; then rows written per event of a million events in appends of 100, on workerd, a publication and fold after
 * each 83,000 (five minutes of a million an hour) and everything else included.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { formatTable } from "../tools/terminal/table.ts";
import { startRuntime } from "./cost/runtime.ts";
import { benchWorker } from "./cost/workers.ts";
import type { Measured } from "./log-ids/fill.ts";

const counts = process.argv[2] ?? "1000000,5000000,10000000";
const idsPerAppend = 100;
const events = 1_000_000;
const eventsPerFlush = 83_000;
const eventsPerCall = 10_000;

const rows: string[][] = [];
for (const hours of [24, 1]) for (const count of counts.split(",")) rows.push(measure(count, String(hours)));
const columns = ["ids", "hours", "MB at rest", "MB at most", "µs per new id", "µs per repeated id", "cold start, ms"];
console.log(formatTable(columns, rows));
console.error(`appending ${events.toLocaleString("en")} events on workerd…`);
console.log(`\n${await rowsPerEvent()} rows written per event, ${events} events in appends of ${idsPerAppend}`);

function measure(count: string, hours: string): string[] {
  const script = join(import.meta.dirname, "log-ids", "fill.ts");
  const options = ["--disable-warning=ExperimentalWarning", script, count, hours];
  const measured = JSON.parse(execFileSync(process.execPath, options, { encoding: "utf8" })) as Measured;
  console.error(`${count} ids of ${hours} hours: ${JSON.stringify(measured)}`);
  const { restMb, highestMb, newUs, repeatedUs, startMs } = measured;
  const figures = [
    restMb.toFixed(1),
    highestMb.toFixed(1),
    newUs.toFixed(2),
    repeatedUs.toFixed(0),
    startMs.toFixed(0),
  ];
  return [Number(count).toLocaleString("en"), hours, ...figures];
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
