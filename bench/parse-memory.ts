/*
 * `npm run bench -- parse-memory`: the memory that JSON of a given size can parse to, over the shapes that cost most.
 * The edge scans a body before it parses it only above `scanThresholdBytes`, because of these figures.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { scanThresholdBytes, serverRequestBytesMax } from "@sluice/schema";
import { formatTable } from "../tools/terminal/table.ts";

/** Each makes JSON of about `bytes`, as expensive as its shape can be. */
const shapes: readonly (readonly [string, (bytes: number) => string])[] = [
  ["{}", (bytes) => list("{}", bytes)],
  ["[]", (bytes) => list("[]", bytes)],
  ["[0]", (bytes) => list("[0]", bytes)],
  ["1.5", (bytes) => list("1.5", bytes)],
  ['""', (bytes) => list('""', bytes)],
  ["[[[…", (bytes) => "[".repeat(bytes / 2) + "]".repeat(bytes / 2)],
  ['{"":{…', (bytes) => `${'{"":'.repeat(bytes / 5)}0${"}".repeat(bytes / 5)}`],
  ["objects of distinct keys", (bytes) => `[${numbered(bytes / 12, (name) => `{"${name}":0}`)}]`],
  ["one object of many keys", (bytes) => `{${numbered(bytes / 10, (name) => `"${name}":0`)}}`],
];

const rows = shapes.map(([name, make]) => [
  name,
  ...[scanThresholdBytes, serverRequestBytesMax].map((bytes) => megabytes(make(Math.floor(bytes)))),
]);
console.log(formatTable(["JSON of", `${scanThresholdBytes} B parses to MB`, `${serverRequestBytesMax} B to MB`], rows));

function list(item: string, bytes: number): string {
  return `[${`${item},`.repeat(Math.floor(bytes / (item.length + 1)) - 1)}${item}]`;
}

function numbered(count: number, item: (name: string) => string): string {
  return Array.from({ length: Math.floor(count) }, (_, i) => item(i.toString(36).padStart(5, "x"))).join(",");
}

/** Growth of the heap while the parsed value is held. */
function megabytes(json: string): string {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const value: unknown = JSON.parse(json);
  const growth = process.memoryUsage().heapUsed - before;
  if (value === null) throw new Error("the value must be alive until here");
  return (growth / 1e6).toFixed(1);
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}
