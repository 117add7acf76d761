import { type Column, eventColumns, parsePartKey, rejectedColumns } from "@sluice/lake";
import { type Dataset, fail, ok, type Result } from "@sluice/schema";
import { type HourRange, hourRange, onlyKnown } from "./hour-range.ts";
import { parsePageCursor } from "./page-cursor.ts";
import { invalid, type Problem } from "./problem.ts";

/** Formats of an export. */
export const exportFormats = ["ndjson", "csv", "parquet"] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** Files and bytes of one page: what a connection carries in a minute or two. A page holds at least one file. */
export const exportFilesMax = 200;
export const exportBytesMax = 64_000_000;

const exportDaysMax = 400;

/** What is to be exported: whole hours, hence whole files. */
export interface ExportQuestion {
  readonly dataset: Dataset;
  readonly range: HourRange;
  readonly format: ExportFormat;
  /** In the order asked; all of the dataset in the order of the file when nothing was asked. */
  readonly columns: readonly Column[];
  /** The last file of the page before; `null` for the first page. */
  readonly afterKey: string | null;
}

/** Reads the query string of `GET /v1/export`. */
export function exportQuestion(search: URLSearchParams, project: string): Result<ExportQuestion, Problem> {
  const known = onlyKnown(search, ["from", "to", "dataset", "format", "columns", "cursor", "project"]);
  if (!known.ok) return known;
  const range = hourRange(search.get("from"), search.get("to"), exportDaysMax);
  if (!range.ok) return range;
  const dataset = search.get("dataset") ?? "events";
  if (dataset !== "events" && dataset !== "rejected") {
    return fail(invalid("dataset", "dataset must be events or rejected; events when absent."));
  }
  const asked = search.get("format") ?? "ndjson";
  const format = exportFormats.find((name) => name === asked);
  if (format === undefined) {
    return fail(invalid("format", `format must be one of ${exportFormats.join(", ")}; ndjson when absent.`));
  }
  const columns = columnsOf(search.get("columns"), dataset, format);
  if (!columns.ok) return columns;
  const cursor = search.get("cursor");
  const afterKey = cursor === null ? null : keyWithin(cursor, { dataset, project, range: range.value });
  if (cursor !== null && afterKey === null) {
    return fail(invalid("cursor", "cursor must be the one that the page before this one gave, with the same range."));
  }
  return ok({ dataset, range: range.value, format, columns: columns.value, afterKey });
}

function columnsOf(text: string | null, dataset: Dataset, format: ExportFormat): Result<readonly Column[], Problem> {
  const all: readonly Column[] = dataset === "events" ? eventColumns : rejectedColumns;
  if (text === null) return ok(all);
  if (format === "parquet") return fail(invalid("columns", "columns is for ndjson and csv: Parquet files come whole."));
  const names = new Set(text.split(","));
  const columns = [...names].flatMap((name) => all.find((column) => column.name === name) ?? []);
  if (columns.length === names.size) return ok(columns);
  return fail(invalid("columns", `columns must be names of columns of ${dataset}, separated by commas.`));
}

/** The key of a cursor, if it lies within the question: a cursor leads nowhere else. */
function keyWithin(
  cursor: string,
  asked: { readonly dataset: Dataset; readonly project: string; readonly range: HourRange },
): string | null {
  const key = parsePageCursor(cursor, ["string"])?.[0];
  const place = typeof key === "string" ? parsePartKey(key) : null;
  if (typeof key !== "string" || place?.dataset !== asked.dataset || place.project !== asked.project) return null;
  return place.hourMs >= asked.range.fromMs && place.hourMs < asked.range.toMs ? key : null;
}
