/*
 * `npm run bench -- lake`: what the choices of the lake's writer cost and bring (lake/src/choices.ts): size of an hour's
 * part, CPU time to write it, and CPU time of DuckDB on one thread to read it. Each choice alone is varied; the lake's own is
 * the row that says so. Times are medians of rounds in which the variants take turns.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { EventTable } from "@sluice/lake";
import { envelopeOf, isObject, type Json } from "@sluice/schema";
import { chosen, type EncodingChoices } from "../lake/src/choices.ts";
import { eventOrder } from "../lake/src/order.ts";
import { encodeColumns } from "../lake/src/write-table.ts";
import { formatTable } from "../tools/terminal/table.ts";
import { logTraffic, receiptOf } from "./log/traffic.ts";

const eventCount = 20_000;
const batchSize = 10;
const rounds = 7;

const all = [...chosen.boundedTypes, "json"] as const;
const variants: readonly (readonly [string, EncodingChoices])[] = [
  ["the lake's", chosen],
  ...[1, 2, 3, 4, 6, 7, 9].map((gzipLevel) => [`gzip level ${gzipLevel}`, { ...chosen, gzipLevel }] as const),
  ["dictionaries wherever smaller", { ...chosen, dictionaryGainMin: 1 }],
  ["only where a quarter", { ...chosen, dictionaryGainMin: 4 }],
  ["no dictionaries", { ...chosen, dictionaryGainMin: Number.POSITIVE_INFINITY }],
  ["no bounds", { ...chosen, boundedTypes: new Set() }],
  ["bounds of JSON too", { ...chosen, boundedTypes: new Set(all) }],
];
const queries = {
  "count by name, µs": (file: string) => `SELECT event, count(*) FROM '${file}' GROUP BY ALL`,
  "one visitor, µs": (file: string) => `SELECT count(*) FROM '${file}' WHERE anonymous_id = '${visitor}'`,
  "in JSON, µs": (file: string) => `SELECT count(properties->>'$.product_id') FROM '${file}'`,
};

const table = new EventTable();
const traffic = logTraffic("lake", batchSize, eventCount);
let visitor = "";
traffic.bodies.forEach((body, i) => {
  const receipt = receiptOf("lake", i, traffic.startMs + i, batchSize);
  // As the consumer's parser leaves it: contexts of one text are one object.
  const contexts = new Map<string, Json>();
  envelopeOf(JSON.parse(body) as Json).events.forEach((event, index) => {
    if (!isObject(event)) throw new Error("traffic is of objects");
    const text = JSON.stringify(event["context"]);
    const context = contexts.get(text) ?? event["context"] ?? null;
    contexts.set(text, context);
    table.add({ ...event, context }, receipt, index);
    visitor = String(event["anonymousId"]);
  });
});

const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
const instance = await DuckDBInstance.create();
try {
  const connection = await instance.connect();
  await connection.run("SET threads = 1");
  const samples = variants.map(() => [[], ...Object.keys(queries).map(() => [])] as number[][]);
  const bytes: number[] = [];
  for (let round = -2; round < rounds; round++) {
    for (const [i, [, choices]] of variants.entries()) {
      const path = join(folder, `${i}.parquet`);
      const columns = table.sorted();
      let file = new Uint8Array();
      const costs = [
        await cpuUsOf(() => (file = encodeColumns(columns, eventCount, { sortedBy: eventOrder, choices }))),
      ];
      bytes[i] = file.length;
      writeFileSync(path, file);
      for (const sql of Object.values(queries)) costs.push(await cpuUsOf(() => connection.run(sql(path))));
      if (round >= 0) costs.forEach((cost, column) => samples[i]?.[column]?.push(cost));
    }
  }
  const rows = variants.map(([name], i) => [
    name,
    ((bytes[i] ?? 0) / eventCount).toFixed(1),
    (median(samples[i]?.[0]) / eventCount).toFixed(2),
    ...Object.keys(queries).map((_, query) => median(samples[i]?.[query + 1]).toFixed(0)),
  ]);
  console.log(`${eventCount} events of visits, ${batchSize} a request, in one part; CPU time.\n`);
  console.log(formatTable(["choice", "bytes/event", "write, µs/event", ...Object.keys(queries)], rows));
} finally {
  instance.closeSync();
  rmSync(folder, { recursive: true });
}

async function cpuUsOf(work: () => unknown): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

function median(values: readonly number[] = []): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
