import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { encodeEvents, partKey } from "@sluice/lake";
import { hourMs } from "@sluice/schema";
import { openDuckDb } from "../../analytics/testing/query-world.ts";
import { firstDayMs } from "../../analytics/testing/rows.ts";
import { formatTable } from "../../tools/terminal/table.ts";
import type { BuildCost } from "./build-day.ts";
import { trafficOf } from "./traffic.ts";

/** Rows of one part: below the size at which a log begins another. */
const partRows = 100_000;
/** A Worker has 128 MB for code, heap and buffers. */
const heapMb = 96;
const eventsPerVisitor = 10;

/** How much a day holds. */
interface DaySize {
  readonly hours: number;
  readonly eventsPerHour: number;
}

/** Builds the marts and rows of a day, and has DuckDB make the same of it. */
export async function printMartBuild(size: DaySize): Promise<void> {
  await withDay(size, async (folder) => {
    const events = size.hours * size.eventsPerHour;
    const [cost] = buildDay(folder);
    if (cost === undefined) throw new Error("nothing was built");
    const duck = await openDuckDb();
    await duck.rows("SET threads = 1");
    const before = process.cpuUsage();
    await duck.rows(martSql(folder));
    const { user, system } = process.cpuUsage(before);
    const [rows] = await duck.rows(
      `SELECT (SELECT count(*) FROM '${folder}/marts/user_day/**/*.parquet') AS ours, (SELECT count(*) FROM '${folder}/duck.parquet') AS duck`,
    );
    duck.close();
    if (rows?.["ours"] !== rows?.["duck"]) throw new Error(`the marts differ: ${JSON.stringify(rows)}`);
    const duckMs = (user + system) / 1000;
    const line = (name: string, ms: number, memory: string) => [
      name,
      (ms / 1000).toFixed(1),
      ((events / ms) * 1000).toFixed(0),
      memory,
    ];
    console.log(
      `${events} events in ${size.hours} h; ${String(rows?.["ours"])} rows in the mart. CPU time, one thread.\n`,
    );
    const table = [
      line(`the roll-up, heap of at most ${heapMb} MB`, cost.cpuMs, (cost.memory / 1e6).toFixed(0)),
      line("DuckDB", duckMs, ""),
    ];
    console.log(`${formatTable(["", "s", "events/s", "MB at most"], table)}\n`);
  });
}

/** Builds a day, then again with one more event in an early hour. */
export async function printLateEvent(size: DaySize): Promise<void> {
  await withDay(size, async (folder) => {
    const late = mkdtempSync(join(tmpdir(), "sluice-bench-"));
    try {
      const rows = [...hourOf(size, 3), ...trafficOf(99, firstDayMs + 3 * hourMs, hourMs, 1, 1)];
      writeParts(late, 3, rows);
      const [whole, again] = buildDay(folder, late);
      if (whole === undefined || again === undefined) throw new Error("nothing was built");
      const line = (name: string, { partsRead, rowsRead, cpuMs }: BuildCost) => [
        name,
        String(partsRead),
        String(rowsRead),
        cpuMs.toFixed(0),
      ];
      console.log(
        `A day of ${size.hours} hours with ${size.eventsPerHour} events each. Half of a mart's rows count as rows.\n`,
      );
      const table = [line("the whole day", whole), line("one late event", again)];
      console.log(`${formatTable(["", "parts read", "rows read", "CPU, ms"], table)}\n`);
      console.log(`In D1: ${whole.d1Rows} rows of events with ${whole.d1Characters} characters, at 50 event names.\n`);
    } finally {
      rmSync(late, { recursive: true });
    }
  });
}

async function withDay(size: DaySize, use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  try {
    for (let hour = 0; hour < size.hours; hour++) writeParts(folder, hour, hourOf(size, hour));
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function hourOf({ eventsPerHour }: DaySize, hour: number): ReturnType<typeof trafficOf> {
  return trafficOf(hour, firstDayMs + hour * hourMs, hourMs, eventsPerHour, eventsPerHour / eventsPerVisitor);
}

function writeParts(folder: string, hour: number, rows: ReturnType<typeof trafficOf>): void {
  for (let part = 0; part * partRows < rows.length; part++) {
    const place = { dataset: "events", project: "shop", hourMs: firstDayMs + hour * hourMs, shard: 0, part } as const;
    const path = join(folder, partKey(place));
    mkdirSync(dirname(path), { recursive: true });
    const some = rows.slice(part * partRows, (part + 1) * partRows);
    writeFileSync(path, encodeEvents(some, { birthId: "bench", logSequence: rows.length }));
  }
}

function buildDay(...folders: string[]): BuildCost[] {
  const script = join(import.meta.dirname, "build-day.ts");
  const args = ["--disable-warning=ExperimentalWarning", `--max-old-space-size=${heapMb}`, script, ...folders];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as BuildCost[];
}

/** The mart of users and the counts by name, as DuckDB makes them. */
function martSql(folder: string): string {
  const bits = (from: number): string =>
    `bit_or(CASE WHEN active AND q >= ${from} AND q < ${from + 48} THEN 1::BIGINT << (q - ${from}) ELSE 0 END)`;
  return `CREATE VIEW e AS SELECT *, (epoch_ms(time) % 86400000 // 900000)::INTEGER AS q, type IN ('track', 'page', 'screen') AS active
    FROM read_parquet('${folder}/events/**/*.parquet');
  CREATE TABLE names AS SELECT type, event, q, count(*) AS n, sum(revenue) AS revenue FROM e GROUP BY ALL;
  COPY (SELECT cell, user_id, CASE WHEN user_id IS NULL THEN anonymous_id END AS anonymous_id, is_bot, ${bits(0)} AS am, ${bits(48)} AS pm
    FROM (SELECT 'all' AS cell, * FROM e UNION ALL SELECT 'event=' || event, * FROM e WHERE type = 'track'
      UNION ALL SELECT 'paid=' || coalesce(currency, ''), * FROM e WHERE event IN ('Order Completed', 'Order Refunded'))
    GROUP BY ALL ORDER BY cell, is_bot, user_id, anonymous_id) TO '${folder}/duck.parquet' (FORMAT parquet, COMPRESSION gzip)`;
}
