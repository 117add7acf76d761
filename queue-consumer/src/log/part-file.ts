import {
  encodeEventTable,
  encodeRejected,
  type EventTable,
  fileBytesMax,
  type PartSource,
  readEventTable,
  readRejected,
  rejectedColumns,
  type RejectedRow,
} from "@sluice/lake";
import type { Dataset } from "@sluice/schema";

/** Rows of one part, of either dataset. */
export type PartRows =
  | { readonly dataset: "events"; readonly rows: EventTable }
  | { readonly dataset: "rejected"; readonly rows: readonly RejectedRow[] };

/** Reads all rows of a part back. */
export async function readPart(dataset: Dataset, file: ArrayBuffer): Promise<PartRows> {
  if (dataset === "events") return { dataset, rows: await readEventTable(file) };
  return { dataset, rows: await readRejected(file, rejectedNames) };
}

/** Puts the rows of a stored part and new ones of the same dataset together. The new ones are used up. */
export function joinRows(stored: PartRows, made: PartRows): PartRows {
  if (stored.dataset === "events" && made.dataset === "events") {
    made.rows.addStoredOf(stored.rows);
    return made;
  }
  if (stored.dataset === "rejected" && made.dataset === "rejected")
    return { dataset: "rejected", rows: [...stored.rows, ...made.rows] };
  throw new Error("rows of two datasets do not make one part");
}

/** Encodes a part. The same rows give the same bytes, in whatever order they come. */
export function encodePart(part: PartRows, source: PartSource): Uint8Array {
  const file = part.dataset === "events" ? encodeEventTable(part.rows, source) : encodeRejected(part.rows, source);
  // The bounds on rows and text imply it; a larger file could never be read again, so it must not be written.
  if (file.length > fileBytesMax) throw new Error(`a part of ${file.length} bytes`);
  return file;
}

const rejectedNames = rejectedColumns.map((column) => column.name);
