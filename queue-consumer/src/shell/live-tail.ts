import { type Dataset, type TailCell, tailHoursMax, type TailPage, type TailRequest } from "@sluice/schema";
import type { Segment } from "../log/block.ts";
import { storedEvents } from "../log/block-data.ts";
import { tailBlocksMax, tailBodyBytesMax, tailTextLengthMax } from "../log/limits.ts";
import { rowsOf } from "../log/part-rows.ts";
import type { LogState } from "./log-state.ts";
import type { BlockEntry } from "./log-storage.ts";

type Log = Pick<LogState, "birthId" | "lastSequence" | "storage" | "tables">;
type Segments = TailPage["segments"][number][];

/**
 * Rows of the log's newest blocks, made of the stored bodies as a file's rows are. Bounded by the request's rows, and by the
 * blocks and bodies that one answer opens; the object does nothing else meanwhile.
 */
export function tailOf(log: Log, request: TailRequest): TailPage {
  const { hours } = request;
  if (hours !== null && hours.toMs - hours.fromMs > tailHoursMax * 3_600_000) {
    throw new RangeError(`a tail of more than ${tailHoursMax} hours`);
  }
  const included = new Map(request.included);
  const segments: Segments = [];
  const left = { rows: request.rowsMax, blocks: tailBlocksMax, bodyBytes: tailBodyBytesMax, text: tailTextLengthMax };
  let throughSequence = request.sinceSequence;
  let hasMore = false;
  for (const block of newestBlocks(log, request)) {
    if (request.order === "newest" && block.header.takenAtMs < request.takenFromMs) break;
    const wanted = block.header.segments.filter((segment) => isWanted(segment, block.sequence, request, included));
    const size = sizeOf(wanted);
    const isFull = size.rows > left.rows || size.bodyBytes > left.bodyBytes || left.text <= 0;
    if (left.blocks === 0 || (segments.length > 0 && isFull)) {
      hasMore = true;
      break;
    }
    left.blocks -= 1;
    left.rows -= size.rows;
    left.bodyBytes -= size.bodyBytes;
    throughSequence = Math.max(throughSequence, block.sequence);
    if (wanted.length === 0 || block.header.takenAtMs < request.takenFromMs) continue;
    left.text -= openBlock(log, block, wanted, request, segments);
  }
  return {
    birthId: log.birthId,
    segments,
    throughSequence: request.order === "newest" ? log.lastSequence : throughSequence,
    hasMore,
    droppedThrough: log.tables.droppedThrough,
    publishedThrough: hours === null ? [] : log.storage.hoursPublished("events", hours.fromMs, hours.toMs),
  };
}

/** The blocks above the sequence, table by table, in the order asked for. */
function* newestBlocks({ tables, storage }: Log, { sinceSequence, order }: TailRequest): Generator<BlockEntry> {
  const ascending = tables.all.filter((_, i) => (tables.all[i + 1] ?? Number.POSITIVE_INFINITY) > sinceSequence + 1);
  for (const table of order === "newest" ? ascending.toReversed() : ascending) {
    yield* storage.blocksOf(table, sinceSequence, order);
  }
}

function isWanted(
  { dataset, hourMs }: Segment,
  sequence: number,
  { columns, hours }: TailRequest,
  included: ReadonlyMap<number, number>,
): boolean {
  if (columns[dataset] === undefined) return false;
  if (hours !== null && (hourMs < hours.fromMs || hourMs >= hours.toMs)) return false;
  return dataset === "rejected" || sequence > (included.get(hourMs) ?? 0);
}

/** Rows, and the text that they will have, by which the size of the bodies is known about. */
function sizeOf(segments: readonly Segment[]): { readonly rows: number; readonly bodyBytes: number } {
  let rows = 0;
  let bodyBytes = 0;
  for (const segment of segments) {
    rows += segment.rows;
    bodyBytes += segment.textLength;
  }
  return { rows, bodyBytes };
}

/** Adds the rows of a block's segments; returns the characters of their text. */
function openBlock(
  { storage }: Log,
  { table, sequence, header }: BlockEntry,
  wanted: readonly Segment[],
  { columns, textLengthMax }: TailRequest,
  segments: Segments,
): number {
  const data = storage.blockData(table, sequence);
  let text = 0;
  for (const segment of wanted) {
    const { dataset, hourMs } = segment;
    const rows = cellsOf(rowsOf(dataset, storedEvents(data, segment)), columns, dataset, textLengthMax);
    for (const row of rows) for (const cell of row) if (typeof cell === "string") text += cell.length;
    segments.push({ sequence, takenAtMs: header.takenAtMs, dataset, hourMs, rows });
  }
  return text;
}

function cellsOf(
  rows: readonly object[],
  columns: TailRequest["columns"],
  dataset: Dataset,
  textLengthMax: number,
): TailCell[][] {
  const names = columns[dataset] ?? [];
  return rows.map((row) => {
    return names.map((name) => {
      const cell = Object.hasOwn(row, name) ? (Reflect.get(row, name) as TailCell) : null;
      return typeof cell === "string" && cell.length > textLengthMax ? cell.slice(0, textLengthMax) : cell;
    });
  });
}
