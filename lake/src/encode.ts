import type { Dataset } from "@sluice/schema";
import { eventColumns, formatVersion, rejectedColumns, type RejectedRow, type Row } from "./columns.ts";
import { compareRejectedRows, compareRows, eventOrder, rejectedOrder } from "./order.ts";
import type { EventTable } from "./event-table.ts";
import { encodeColumns, encodeTable } from "./write-table.ts";

/** What a part says of the log that wrote it. */
export interface PartSource {
  /** Identity of the log's storage. A log never replaces a part of another. */
  readonly birthId: string;
  /** Highest block sequence of the log that the part includes. */
  readonly logSequence: number;
}

/**
 * Encodes a part of `events`. Sorts: the same rows in any order give the same bytes.
 *
 * @throws TypeError when a row does not fit the column table.
 */
export function encodeEvents(rows: readonly Row[], source: PartSource): Uint8Array<ArrayBuffer> {
  const sorted = rows.toSorted(compareRows);
  return encodeTable(eventColumns, sorted, {
    metadata: metadataOf("events", source),
    sortedBy: eventOrder,
  });
}

/** Encodes a part of `events` that was put together as columns: the same rows give the same bytes. */
export function encodeEventTable(table: EventTable, source: PartSource): Uint8Array<ArrayBuffer> {
  return encodeColumns(table.sorted(), table.length, {
    metadata: metadataOf("events", source),
    sortedBy: eventOrder,
  });
}

/** Encodes a part of `rejected`, likewise. */
export function encodeRejected(rows: readonly RejectedRow[], source: PartSource): Uint8Array<ArrayBuffer> {
  const sorted = rows.toSorted(compareRejectedRows);
  return encodeTable(rejectedColumns, sorted, {
    metadata: metadataOf("rejected", source),
    sortedBy: rejectedOrder,
  });
}

function metadataOf(dataset: Dataset, source: PartSource): Record<string, string> {
  return {
    "sluice.format": String(formatVersion),
    "sluice.dataset": dataset,
    "sluice.birth": source.birthId,
    "sluice.sequence": String(source.logSequence),
  };
}
