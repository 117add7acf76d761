import { dayPrefix, eventColumns, parsePartKey, type RangeReader, type RowGroupReader, scanGroups } from "@sluice/lake";
import type { R2Bucket } from "@cloudflare/workers-types";
import { fail, ok, type Result } from "@sluice/schema";
import { dayOf } from "../day.ts";
import type { Problem } from "../problem.ts";
import type { ListedPart } from "../rollup-plan.ts";
import { lakeMoved, type ScanCost, scanFilesMax, spentBudget, tooManyFiles } from "../scan-budget.ts";
import type { Walk } from "../scan-range.ts";

/** What a scan needs of the lake's bucket. */
export type ScanBucket = Pick<R2Bucket, "get" | "list">;

/** A row group of `events`, read column by column. */
export type EventGroup = RowGroupReader<typeof eventColumns>;

/** What to do with each row group; `skip` reads nothing of it, `stop` ends the scan. A problem ends it with that refusal. */
export type GroupStep = (group: EventGroup, part: ListedPart) => Promise<"read" | "skip" | "stop" | Problem>;

/** A file up to this size is fetched whole: one request, and no version of it can change in between. */
const wholeBytesMax = 1_000_000;
/** Of a larger one, its end, which holds the footer; as much as the Parquet reader asks for first. */
const tailBytes = 1 << 19;
/** Files fetched ahead; a Worker has six connections. */
const filesAhead = 4;

/** The parts of a range in the order of their hours, or the refusal of a range that has too many. */
async function listRange(lake: ScanBucket, walk: Walk): Promise<Result<ListedPart[], Problem>> {
  const { dataset, project, range } = walk;
  const parts: ListedPart[] = [];
  let startAfter = dayPrefix(dataset, project, dayOf(range.fromMs));
  for (;;) {
    const page = await lake.list({ prefix: `${dataset}/project=${project}/dt=`, startAfter, limit: 1_000 });
    for (const { key, etag, size } of page.objects) {
      const place = parsePartKey(key);
      if (place === null || place.hourMs < range.fromMs) continue;
      if (place.hourMs >= range.toMs) return ok(parts);
      if (parts.length === scanFilesMax) return fail(tooManyFiles(range, place.hourMs));
      parts.push({ key, etag, size });
    }
    const last = page.objects.at(-1);
    if (!page.truncated || last === undefined) return ok(parts);
    startAfter = last.key;
  }
}

/** Goes over the row groups of parts of `events` in the order given, within the budget. */
export async function scanParts(
  lake: ScanBucket,
  parts: readonly ListedPart[],
  step: GroupStep,
): Promise<Result<ScanCost, Problem>> {
  const startedMs = Date.now();
  const cost = { files: 0, rowGroups: 0, rows: 0, bytes: 0 };
  const ahead: Promise<RangeReader | null>[] = [];
  for (const [index, part] of parts.entries()) {
    while (ahead.length < filesAhead && index + ahead.length < parts.length) {
      const next = parts[index + ahead.length];
      if (next !== undefined) ahead.push(opened(lake, next, cost));
    }
    const file = await ahead.shift();
    if (file === undefined || file === null) return fail(lakeMoved);
    cost.files += 1;
    for await (const group of scanGroups(file, eventColumns)) {
      const done = await step(group, part);
      if (typeof done === "object") return fail(done);
      if (done !== "skip") {
        cost.rowGroups += 1;
        cost.rows += group.rows;
      }
      if (done === "stop") return ok(cost);
      const spent = spentBudget(cost, Date.now() - startedMs, parts.length);
      if (spent !== null) return fail(spent);
    }
  }
  return ok(cost);
}

/** A version of a part, of which ranges can be read; `null` when that version is gone. */
async function opened(lake: ScanBucket, part: ListedPart, cost: { bytes: number }): Promise<RangeReader | null> {
  const from = part.size <= wholeBytesMax ? 0 : part.size - tailBytes;
  const tail = await rangeOf(lake, part, from, part.size);
  if (tail === null) return null;
  cost.bytes += tail.byteLength;
  return {
    byteLength: part.size,
    slice: async (start, end = part.size) => {
      if (start >= from) return tail.slice(start - from, end - from);
      const range = await rangeOf(lake, part, start, end);
      if (range === null) throw new PartMoved();
      cost.bytes += range.byteLength;
      return range;
    },
  };
}

async function rangeOf(lake: ScanBucket, part: ListedPart, start: number, end: number): Promise<ArrayBuffer | null> {
  const range = { offset: start, length: end - start };
  const object = await lake.get(part.key, { range, onlyIf: { etagMatches: part.etag } });
  return object !== null && "body" in object ? object.arrayBuffer() : null;
}

/** Thrown when a part is replaced while ranges of it are read: the scan has to begin anew. */
class PartMoved extends Error {
  override readonly name = "PartMoved";
  constructor() {
    super("a part was replaced while it was read");
  }
}

/** How often a scan begins anew because a part was replaced under it. */
const triesMax = 3;

/** Lists a range and scans it, anew when a part is replaced meanwhile; `scan` must begin from nothing each time. */
export async function scanAnew<Value>(
  lake: ScanBucket,
  walk: Walk,
  scan: (parts: readonly ListedPart[]) => Promise<Result<Value, Problem>>,
): Promise<Result<Value, Problem>> {
  for (let tries = 0; tries < triesMax; tries++) {
    const parts = await listRange(lake, walk);
    if (!parts.ok) return parts;
    try {
      const result = await scan(parts.value);
      if (result.ok || result.error !== lakeMoved) return result;
    } catch (error) {
      if (!(error instanceof PartMoved)) throw error;
    }
  }
  return fail(lakeMoved);
}
