/*
 * `npm run bench -- pipeline`: the whole path of an event, ingest to lake, in CPU time of workerd by stage. CPU time
 * includes the local stand-ins of queue, R2 and SQLite, which are part of the same process.
 */
import { formatTable } from "../tools/terminal/table.ts";
import { measureStages } from "./pipeline/stages.ts";

/** Events per request, and events in all. */
const cases = [
  [50, 100_000],
  [500, 200_000],
] as const;

if (process.platform !== "linux") throw new Error("CPU time is read from /proc: this benchmark needs Linux");
const rows: string[][] = [];
for (const [size, events] of cases) {
  const { floor, edge, append, publish, rollUp, wallRate } = await measureStages(size, events);
  const total = edge + append + publish;
  rows.push(
    [size, floor, edge, append, publish, total, 1e6 / total, 1e6 / floor, wallRate, rollUp].map((value, column) =>
      value.toFixed(column === 0 || column > 5 ? (column === 9 ? 1 : 0) : 1),
    ),
  );
}
const heading = ["batch", "floor", "edge", "append", "publish", "total", "ev/s·core", "floor ev/s·core", "wall ev/s"];
console.log("CPU of workerd, µs per event; every event with an id of its own, one hour file, parts written once.");
console.log("wall: first request to last append, sender beside it. roll-up: µs per row that building a day reads.\n");
console.log(formatTable([...heading, "roll-up"], rows));
