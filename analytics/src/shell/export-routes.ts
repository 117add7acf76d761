import { type Column, dayPrefix, eventColumns, parsePartKey, rejectedColumns, scanTable } from "@sluice/lake";
import { Hono } from "hono";
import { dayOf } from "../day.ts";
import {
  exportBytesMax,
  exportFilesMax,
  type ExportFormat,
  type ExportQuestion,
  exportQuestion,
} from "../export-question.ts";
import { csvHeader, csvLine, type ExportRow, jsonLine } from "../export-text.ts";
import { pageCursor } from "../page-cursor.ts";
import type { ListedPart } from "../rollup-plan.ts";
import { etagOf, hasAlready, privateHeaders } from "./answer.ts";
import type { Env } from "./env.ts";
import type { LakeBucket } from "./lake-objects.ts";
import { readerOf } from "./read-token.ts";
import { refuse } from "./reply.ts";

const contentTypes: Readonly<Record<ExportFormat, string>> = {
  ndjson: "application/x-ndjson",
  csv: "text/csv; charset=utf-8; header=present",
  parquet: "application/vnd.apache.parquet",
};

/**
 * `GET /v1/export`: the rows of whole hours, a page at a time. Which files a page holds is decided before its first byte, so that the
 * cursor of the next one stands in its headers: a page that breaks off is asked for again with its own cursor.
 */
export const exportRoutes = new Hono<{ Bindings: Env }>();

exportRoutes.get("/export", async (context) => {
  const reader = await readerOf(context, "export");
  if (!reader.ok) return refuse(context, reader.error);
  const url = new URL(context.req.url);
  const question = exportQuestion(url.searchParams, reader.value.project);
  if (!question.ok) return refuse(context, question.error);
  const { format, columns } = question.value;
  const { parts, next } = await pageOf(context.env.LAKE, reader.value.project, question.value);
  const versions = parts.map(({ key, etag }) => [key, etag]);
  const etag = await etagOf(JSON.stringify([format, columns.map(({ name }) => name), versions]));
  const headers = {
    ...privateHeaders(etag),
    "content-type": contentTypes[format],
    "x-content-type-options": "nosniff",
  };
  if (next !== null) {
    url.searchParams.set("cursor", next);
    Object.assign(headers, { "sluice-cursor": next, link: `<${url.pathname}${url.search}>; rel="next"` });
  }
  if (hasAlready(context, etag)) return context.body(null, 304, headers);
  return context.body(streamOf(chunks(context.env.LAKE, question.value, parts)), 200, headers);
});

/** The files of a page, and the cursor of the one after it. A page of Parquet is one file, as it lies in the lake. */
async function pageOf(
  lake: LakeBucket,
  project: string,
  { dataset, range, format, afterKey }: ExportQuestion,
): Promise<{ readonly parts: ListedPart[]; readonly next: string | null }> {
  const filesMax = format === "parquet" ? 1 : exportFilesMax;
  const parts: ListedPart[] = [];
  let bytes = 0;
  let startAfter = afterKey ?? dayPrefix(dataset, project, dayOf(range.fromMs));
  for (;;) {
    const listed = await lake.list({ prefix: `${dataset}/project=${project}/dt=`, startAfter, limit: 1_000 });
    for (const { key, etag, size } of listed.objects) {
      const place = parsePartKey(key);
      if (place === null || place.hourMs < range.fromMs) continue;
      if (place.hourMs >= range.toMs) return { parts, next: null };
      const last = parts.at(-1);
      if (last !== undefined && (parts.length === filesMax || bytes + size > exportBytesMax)) {
        return { parts, next: pageCursor([last.key]) };
      }
      parts.push({ key, etag, size });
      bytes += size;
    }
    const last = listed.objects.at(-1);
    if (!listed.truncated || last === undefined) return { parts, next: null };
    startAfter = last.key;
  }
}

/** The bytes of a page. One file (at most 32 MB) and one row group of it are in memory at a time. */
async function* chunks(
  lake: LakeBucket,
  { dataset, format, columns, afterKey }: ExportQuestion,
  parts: readonly ListedPart[],
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const table: readonly Column[] = dataset === "events" ? eventColumns : rejectedColumns;
  const names = columns.map(({ name }) => name);
  const line = format === "csv" ? csvLine : jsonLine;
  if (format === "csv" && afterKey === null) yield encoder.encode(csvHeader(columns));
  for (const { key } of parts) {
    // Not pinned to the version that was listed: a later one holds all of its rows, and one read of an object is of one version.
    const object = await lake.get(key);
    if (object === null) throw new Error("a file of an export is gone");
    const file = await object.arrayBuffer();
    if (format === "parquet") {
      yield new Uint8Array(file);
      continue;
    }
    for await (const rows of scanTable(file, table, names)) {
      yield encoder.encode((rows as readonly ExportRow[]).map((row) => line(columns, row)).join(""));
    }
  }
}

function streamOf(source: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const next = await source.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      await source.return(undefined);
    },
  });
}
