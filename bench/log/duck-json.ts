import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";

/** The fields of the bench's events, so that DuckDB reads each of them once. */
const lineType = `{
  receipt: 'STRUCT("receiptId" VARCHAR, "receivedAtMs" BIGINT, "sentAtMs" BIGINT, source VARCHAR, "keyKind" VARCHAR,
    geo STRUCT(country VARCHAR, region VARCHAR, city VARCHAR), "userAgent" VARCHAR)',
  batch: 'STRUCT(type VARCHAR, event VARCHAR, "messageId" VARCHAR, "timestamp" TIMESTAMP, "anonymousId" VARCHAR,
    "userId" VARCHAR, properties JSON, context JSON)[]'
}`;
const contextType = `{"library": {"name": "VARCHAR", "version": "VARCHAR"},
  "page": {"url": "VARCHAR", "path": "VARCHAR", "title": "VARCHAR", "referrer": "VARCHAR"},
  "campaign": {"source": "VARCHAR", "medium": "VARCHAR", "name": "VARCHAR"},
  "session": {"id": "VARCHAR"}, "locale": "VARCHAR", "timezone": "VARCHAR"}`;
const propertiesType = '{"revenue": "DECIMAL(18,6)", "currency": "VARCHAR"}';

/** The lake's columns of those events, sorted as the lake is. What only code can tell (browser, system, bots) is left out. */
function rowsIn(path: string): string {
  return `
    SELECT event."messageId" AS message_id, 'client' AS message_id_source, event.type, event.event,
      event."timestamp" AS "time", event."timestamp" AS original_time, make_timestamp_ms(receipt."sentAtMs") AS sent_time,
      make_timestamp_ms(receipt."receivedAtMs") AS received_time, 'client' AS time_source, event."userId" AS user_id,
      event."anonymousId" AS anonymous_id, c.session.id AS session_id, receipt.source, receipt."keyKind" AS key_kind,
      c.library.name AS sdk_name, c.library.version AS sdk_version, c.page.url AS page_url, c.page.path AS page_path,
      c.page.title AS page_title, c.page.referrer AS page_referrer, c.campaign.source AS campaign_source,
      c.campaign.medium AS campaign_medium, c.campaign.name AS campaign_name, receipt.geo.country, receipt.geo.region,
      receipt.geo.city, receipt."userAgent" AS user_agent, c.locale, c.timezone,
      CASE WHEN event.type = 'track' THEN p.revenue END AS revenue,
      CASE WHEN event.type = 'track' THEN upper(p.currency) END AS currency,
      receipt."receiptId" AS receipt_id, event.properties, event.context
    FROM (
      SELECT receipt, event, json_transform(event.context, '${contextType}') AS c,
        json_transform(event.properties, '${propertiesType}') AS p
      FROM (SELECT receipt, unnest(batch) AS event FROM read_json('${path}', format = 'newline_delimited',
        columns = ${lineType}, maximum_object_size = 64000000))
    ) ORDER BY anonymous_id, "time", message_id`;
}

/** What DuckDB makes of the same bodies, from gzip to gzip Parquet, on one thread. */
export interface DuckJsonFigures {
  readonly rows: number;
  /** CPU time, ms: the median of three. */
  readonly cpuMs: number;
  readonly bytes: number;
}

/** Does what publication does: unpacks and reads bodies, takes columns out of their JSON, sorts, and writes one file. */
export async function duckFromJson(
  bodies: readonly string[],
  receiptOf: (index: number) => object,
): Promise<DuckJsonFigures> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  const instance = await DuckDBInstance.create();
  try {
    const input = join(folder, "bodies.ndjson.gz");
    const lines = bodies.map((body, i) => `{"receipt":${JSON.stringify(receiptOf(i))},${body.slice(1)}\n`);
    writeFileSync(input, gzipSync(lines.join("")));
    const connection = await instance.connect();
    await connection.run("SET threads = 1");
    const output = join(folder, "out.parquet");
    const costs: number[] = [];
    for (let round = 0; round < 3; round++) {
      const before = process.cpuUsage();
      await connection.run(
        `COPY (${rowsIn(input)}) TO '${output}' (FORMAT parquet, COMPRESSION gzip, ROW_GROUP_SIZE 10000)`,
      );
      const { user, system } = process.cpuUsage(before);
      costs.push((user + system) / 1000);
    }
    const counted = await connection.runAndReadAll(`SELECT count(*)::INTEGER AS n FROM '${output}'`);
    return {
      rows: Number(counted.getRowObjectsJson()[0]?.["n"]),
      cpuMs: costs.toSorted((a, b) => a - b)[1] ?? Number.NaN,
      bytes: statSync(output).size,
    };
  } finally {
    instance.closeSync();
    rmSync(folder, { recursive: true });
  }
}
