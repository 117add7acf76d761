import { hourMs } from "@sluice/schema";
import { metrics } from "../../analytics/src/metrics.ts";
import { startAnalytics } from "../../analytics/testing/harness.ts";
import { PublishedLake } from "../../analytics/testing/published-lake.ts";
import { ask, openDuckDb, tokenOf, withLakeCopy } from "../../analytics/testing/query-world.ts";
import { firstDayMs } from "../../analytics/testing/rows.ts";
import { formatTable } from "../../tools/terminal/table.ts";
import { trafficOf } from "./traffic.ts";

const dayMs = 24 * hourMs;
const asks = 100;
const warmUps = 5;
const duckRounds = 3;
/** Hours of a day with events: each is a file. */
const busyHours = [9, 20] as const;

const names = ["events", "dau", "wau", "revenue", "ctr"] as const;

/** Asks for KPIs of many days on workerd, and has DuckDB scan the lake for the same. */
export async function printQuestions({ days, eventsPerDay }: { days: number; eventsPerDay: number }): Promise<void> {
  const worker = await startAnalytics();
  try {
    await worker.admin("POST", "projects", { project: "shop" });
    const token = await tokenOf(worker, "shop", ["kpis"]);
    const events = eventsPerDay / busyHours.length;
    const rows = Array.from({ length: days * busyHours.length }, (_, i) => {
      const hour = busyHours[i % busyHours.length] ?? 0;
      const fromMs = firstDayMs + Math.floor(i / busyHours.length) * dayMs + hour * hourMs;
      return trafficOf(i, fromMs, hourMs, events, events);
    }).flat();
    await new PublishedLake(worker, "shop").publish(rows);
    for (let status = 0; status !== 200;) status = (await worker.admin("POST", "flush")).status;
    await withLakeCopy(worker.lake, async (folder) => {
      const duck = await openDuckDb();
      await duck.rows(`SET threads = 1; SET TimeZone = 'UTC';
        CREATE VIEW events AS SELECT * REPLACE (coalesce(currency, 'EUR') AS currency) FROM read_parquet('${folder}/events/**/*.parquet')`);
      const table: string[][] = [];
      for (const span of [90, days]) {
        const day = (offset: number): string => new Date(firstDayMs + offset * dayMs).toISOString().slice(0, 10);
        const range = `from=${day(days - span)}&to=${day(days)}`;
        for (const [what, query, sqls] of [
          [
            names.join(", "),
            `metrics=${names.join(",")}`,
            names.map((name) => metrics.get(name)?.oracleSql("UTC", "day") ?? ""),
          ],
          [
            "events by 50 names",
            "metrics=events&breakdown=event",
            [
              `SELECT time::DATE, event, count(*) FROM events WHERE type = 'track' AND time >= '${day(days - span)}' GROUP BY ALL`,
            ],
          ],
        ] as const) {
          const times = await timesOf(asks + warmUps, async () => {
            const reply = await ask(worker, token, `/v1/kpis?${range}&${query}`);
            if (reply.status !== 200) throw new Error(reply.text);
          });
          const own = times.slice(warmUps).toSorted((a, b) => a - b);
          const theirs = await timesOf(duckRounds, async () => {
            for (const sql of sqls) await duck.rows(sql);
          });
          const at = (share: number): string => (own[Math.floor(own.length * share)] ?? 0).toFixed(1);
          const median = theirs.toSorted((a, b) => a - b)[Math.floor(duckRounds / 2)] ?? 0;
          table.push([what, String(span), at(0.5), at(0.99), median.toFixed(0)]);
        }
      }
      duck.close();
      console.log(
        `${rows.length} events of ${days} days in ${days * busyHours.length} files; ${asks} questions of each kind.\n`,
      );
      console.log(formatTable(["question", "days", "p50, ms", "p99, ms", "DuckDB over the lake, 1 thread, ms"], table));
    });
  } finally {
    await worker.close();
  }
}

async function timesOf(rounds: number, run: () => Promise<void>): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const startedMs = performance.now();
    await run();
    times.push(performance.now() - startedMs);
  }
  return times;
}
