/*
 * `npm run bench -- log`: events through append (dedupe included) and publish in workerd, as a share of the floor in the
 * same run; rows written, write amplification, and bytes of the lake. Floors: for append, to gunzip, parse and insert one
 * blob in a Durable Object; for publish, DuckDB's single-threaded gzip `COPY … TO PARQUET` of the same rows.
 */
import { formatTable } from "../tools/terminal/table.ts";
import { amplificationOf, type Lateness } from "./log/amplification.ts";
import { type LogFigures, measureLog } from "./log/measure.ts";

/** Events per message, and events in all, within one file hour. */
const cases = [
  [10, 100_000],
  [50, 100_000],
  [500, 200_000],
] as const;
const hourMs = 3_600_000;

if (process.platform !== "linux") throw new Error("CPU time is read from /proc: this benchmark needs Linux");
const measured: (readonly [number, LogFigures])[] = [];
for (const [size, events] of cases) measured.push([size, await measureLog(size, events)]);

console.log("CPU of workerd and DuckDB, µs per event; 100 messages a call; every event has an id of its own.\n");
const speed = measured.map(([size, { append, appendFloor, publish, publishFloor, rowsWritten }]) => [
  String(size),
  ...[appendFloor, append, appendFloor / append, publishFloor, publish, publishFloor / publish].map((value) =>
    value.toFixed(2),
  ),
  rowsWritten.toFixed(5),
]);
const speedHeading = [
  "batch",
  "floor",
  "append",
  "floor/append",
  "DuckDB",
  "publish",
  "DuckDB/publish",
  "rows written",
];
console.log(formatTable(speedHeading, speed));

console.log(
  "\nThe same work: DuckDB on one thread from the same bodies (gunzip, read JSON, columns, sort, gzip Parquet; no user agents).\n",
);
const fair = measured.map(([size, { publish, duckFromJson }]) => [
  String(size),
  ...[duckFromJson, publish, duckFromJson / publish].map((value) => value.toFixed(2)),
]);
console.log(formatTable(["batch", "DuckDB from JSON", "publish", "DuckDB/publish"], fair));

console.log(
  "\nPublication by stage, in Node, µs per event; the rest is workerd's: blocks from SQLite, SHA-256, PUT, its stand-ins.\n",
);
const stages = measured.map(
  ([
    size,
    {
      publish,
      stages: { open, derive, sort, encode },
    },
  ]) => {
    const rest = publish - open - derive - sort - encode;
    return [String(size), ...[open, derive, sort, encode, rest].map((value) => value.toFixed(2))];
  },
);
console.log(formatTable(["batch", "gunzip + parse", "derive", "sort", "encode + gzip", "rest"], stages));

console.log("\nBytes per event of an hour's files; DuckDB writes the same rows in the order of their arrival.\n");
const bytes = measured.map(([size, { rawBytes, gzipBytes, lakeBytes, duckGzipBytes, duckZstdBytes }]) =>
  [size, rawBytes, gzipBytes, duckGzipBytes, duckZstdBytes, lakeBytes].map((value) => value.toFixed(0)),
);
console.log(formatTable(["batch", "JSON", "NDJSON+gzip", "DuckDB gzip", "DuckDB zstd", "lake"], bytes));

console.log("\nWrite amplification by the plan modules on virtual time: rows written for each row stored.\n");
const late =
  (share: number): Lateness =>
  (random) =>
    random() < share ? 600_000 * 288 ** random() : 0;
const shuffled: Lateness = (random) => random() * 365 * 24 * hourMs;
const traffics: readonly (readonly [string, number, number, Lateness])[] = [
  ["none late", 72, 100_000, late(0)],
  ["3 % late, 10 min to 48 h", 72, 100_000, late(0.03)],
  ["10 % late", 72, 100_000, late(0.1)],
  ["a shuffled year in 8 hours", 8, 1_000_000, shuffled],
];
const amplified = traffics.map(([name, hours, events, lateness]) => {
  const { rowsWritten, partsPerHour, partsMax } = amplificationOf(hours, events, lateness);
  return [name, events.toString(), rowsWritten.toFixed(2), partsPerHour.toFixed(1), partsMax.toString()];
});
console.log(formatTable(["traffic", "events an hour", "amplification", "parts per hour", "most parts"], amplified));
