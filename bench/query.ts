/*
 * `npm run bench -- query`: how long `POST /v1/query` takes on workerd over a day of one project, beside DuckDB on one thread over the same
 * files in the same run. Prints the median of five, and what each question read. DuckDB reads local files and workerd fetches from the local
 * R2, whose latency is not that of production: there, add a round trip for each four files.
 */
import { encodeEvents, partKey } from "@sluice/lake";
import { hourMs } from "@sluice/schema";
import { startAnalytics } from "../analytics/testing/harness.ts";
import { ask, openDuckDb, tokenOf, withLakeCopy } from "../analytics/testing/query-world.ts";
import { firstDayMs, randomOf, rowFrom } from "../analytics/testing/rows.ts";
import { formatTable } from "../tools/terminal/table.ts";

const hours = 24;
const eventsPerHour = 10_000;
const users = 20_000;
const rounds = 5;
const names = ["Product Viewed", "Product Added", "Checkout Started", "Order Completed", "Searched", "Signed Up"];

const range = { from: "2026-03-01", to: "2026-03-02" };
const load = "TRY_CAST(properties->>'$.load' AS DECIMAL(18, 6))";
const questions: readonly (readonly [string, object, string])[] = [
  ["events by hour", { interval: "hour" }, "SELECT date_trunc('hour', time), count(*) FROM events GROUP BY 1"],
  [
    "orders, buyers, revenue by country and currency",
    {
      filters: [{ field: "event", op: "eq", value: "Order Completed" }],
      groupBy: ["country", "currency"],
      measures: [{ fn: "count" }, { fn: "unique", field: "actor" }, { fn: "sum", field: "revenue" }],
    },
    "SELECT country, currency, count(*), count(DISTINCT coalesce(user_id, anonymous_id)), sum(revenue) FROM events WHERE event = 'Order Completed' GROUP BY 1, 2",
  ],
  [
    "p90 of a property by another",
    { groupBy: ["properties.plan"], measures: [{ fn: "percentile", field: "properties.load", p: 0.9 }] },
    `SELECT properties->>'$.plan', quantile_disc(${load}, 0.9) FROM events GROUP BY 1`,
  ],
  [
    "one visitor's events",
    { filters: [{ field: "anonymous_id", op: "eq", value: "visitor-00042" }], groupBy: ["event"] },
    "SELECT event, count(*) FROM events WHERE anonymous_id = 'visitor-00042' GROUP BY 1",
  ],
];

const worker = await startAnalytics();
try {
  await worker.admin("POST", "projects", { project: "shop" });
  const token = await tokenOf(worker, "shop", ["events", "users"]);
  const bytes = await fillLake();
  console.log(`${hours * eventsPerHour} events in ${hours} files, ${(bytes / 1e6).toFixed(1)} MB`);
  await withLakeCopy(worker.lake, async (folder) => {
    const duck = await openDuckDb();
    await duck.rows(
      `SET threads = 1; CREATE VIEW events AS SELECT * FROM read_parquet('${folder}/events/**/*.parquet')`,
    );
    const table: string[][] = [];
    for (const [name, question, sql] of questions) {
      const scanned: { scanned?: { rowGroups: number; bytes: number } } = {};
      const own = await median(async () => {
        const reply = await ask(worker, token, "/v1/query", { ...range, ...question });
        if (reply.status !== 200) throw new Error(reply.text);
        Object.assign(scanned, reply.json());
      });
      const theirs = await median(async () => void (await duck.rows(sql)));
      const { rowGroups = 0, bytes: read = 0 } = scanned.scanned ?? {};
      table.push([name, own.toFixed(0), theirs.toFixed(0), String(rowGroups), (read / 1e6).toFixed(1)]);
    }
    console.log(
      formatTable(["question", "query API, ms", "DuckDB, 1 thread, ms", "row groups read", "MB fetched"], table),
    );
    duck.close();
  });
} finally {
  await worker.close();
}

async function fillLake(): Promise<number> {
  const random = randomOf(1);
  let bytes = 0;
  for (let hour = 0; hour < hours; hour++) {
    const rows = Array.from({ length: eventsPerHour }, (_, index) => {
      const user = Math.floor(random() * users);
      const event = names[Math.floor(random() * names.length)] ?? "";
      const revenue = event === "Order Completed" ? (random() * 100).toFixed(2) : undefined;
      const row = rowFrom({
        ...{
          type: "track",
          event,
          anonymousId: `visitor-${String(user).padStart(5, "0")}`,
          messageId: `m-${hour}-${index}`,
        },
        timestamp: new Date(firstDayMs + hour * hourMs + Math.floor(random() * hourMs)).toISOString(),
        properties: {
          plan: ["free", "pro", "team"][user % 3] ?? "free",
          load: Math.floor(random() * 1e6) / 1e3,
          path: `/products/${user % 500}`,
          ...(revenue !== undefined && { revenue, currency: "EUR" }),
        },
      });
      return { ...row, country: ["DE", "FR", "IN", "US", null][user % 5] ?? null };
    });
    const place = {
      dataset: "events",
      project: "shop",
      hourMs: firstDayMs + hour * hourMs,
      shard: 0,
      part: 0,
    } as const;
    const file = encodeEvents(rows, { birthId: "bench", logSequence: 1 });
    bytes += file.byteLength;
    await worker.lake.put(partKey(place), file);
  }
  return bytes;
}

async function median(run: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const startedMs = performance.now();
    await run();
    times.push(performance.now() - startedMs);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0;
}
