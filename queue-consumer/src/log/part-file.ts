import {
  encodeEvents,
  encodeRejected,
  eventColumns,
  fileBytesMax,
  type PartSource,
  readRejected,
  readRows,
  rejectedColumns,
  type RejectedRow,
  type Row,
} from "@sluice/lake";
import type { Dataset } from "@sluice/schema";

/** Rows of one part, of either dataset. */
export type PartRows =
  | { readonly dataset: "events"; readonly rows: readonly Row[] }
  | { readonly dataset: "rejected"; readonly rows: readonly RejectedRow[] };

/** Reads all rows of a part back. */
export async function readPart(dataset: Dataset, file: ArrayBuffer): Promise<PartRows> {
  if (dataset === "events") return { dataset, rows: await readRows(file, eventNames) };
  return { dataset, rows: await readRejected(file, rejectedNames) };
}

/** Puts rows of one dataset together. */
export function joinRows(a: PartRows, b: PartRows): PartRows {
  if (a.dataset === "events" && b.dataset === "events") return { dataset: "events", rows: [...a.rows, ...b.rows] };
  if (a.dataset === "rejected" && b.dataset === "rejected")
    return { dataset: "rejected", rows: [...a.rows, ...b.rows] };
  throw new Error("rows of two datasets do not make one part");
}

/** Encodes a part. The same rows give the same bytes, in whatever order they come. */
export function encodePart(part: PartRows, source: PartSource): Uint8Array {
  const file = part.dataset === "events" ? encodeEvents(part.rows, source) : encodeRejected(part.rows, source);
  // The bounds on rows and text imply it; a larger file could never be read again, so it must not be written.
  if (file.length > fileBytesMax) throw new Error(`a part of ${file.length} bytes`);
  return file;
}

const eventNames = eventColumns.map((column) => column.name);
const rejectedNames = rejectedColumns.map((column) => column.name);
