import { bucketHourOf, fileHourOf, rejectedRowOf, rowOf, serializeRow } from "@sluice/lake";
import {
  type AppendRow,
  type AppendSlice,
  eventWithType,
  field,
  hourOf,
  isEventType,
  isObject,
  type Json,
  type Receipt,
  type RejectedEvent,
} from "@sluice/schema";
import type { OpenMessage } from "./decode-message.ts";

/** A row without the index of its slice, which is known when a request is put together. */
export type ChunkRow = Omit<AppendRow, "slice">;

/** Part of a message that enters the log as one slice. */
export interface Chunk {
  readonly slice: AppendSlice;
  readonly rows: readonly ChunkRow[];
  /** JSON text of the rows, in characters. */
  readonly textLength: number;
}

/**
 * JSON text of one chunk, in characters. A message that exceeds it becomes several chunks, at places that depend on
 * the message alone, so that a redelivery makes the same; 32 MB is what one RPC takes, at up to 2 bytes a character.
 */
const chunkTextLengthMax = 4_000_000;

/**
 * The rows of a message. The verdicts of the edge bind: its rejected indices become rejects, all others events, even where
 * today's rules say otherwise. What cannot be a row at all (no object, an unknown type) becomes a reject, so that nothing
 * is lost.
 */
export function chunksOf(message: OpenMessage): readonly Chunk[] {
  const { receipt, events } = message;
  const rejected = new Map(receipt.rejected.map((entry) => [entry.index, entry]));
  const chunks: Chunk[] = [];
  let rows: ChunkRow[] = [];
  let textLength = 0;
  let firstIndex = receipt.firstIndex;
  for (let i = 0; i < receipt.eventCount; i++) {
    const index = receipt.firstIndex + i;
    const row = rowOfEvent(events[i], receipt, index, rejected.get(index));
    if (rows.length > 0 && textLength + row.row.length > chunkTextLengthMax) {
      chunks.push({ slice: sliceOf(receipt, firstIndex), rows, textLength });
      rows = [];
      textLength = 0;
      firstIndex = index;
    }
    rows.push(row);
    textLength += row.row.length;
  }
  chunks.push({ slice: sliceOf(receipt, firstIndex), rows, textLength });
  return chunks;
}

function sliceOf(receipt: Receipt, firstIndex: number): AppendSlice {
  const { stream, redrive } = receipt;
  return {
    // Driven again under its old receipt, an event must not be taken for a redelivery of the message that first brought it.
    receiptId: redrive === undefined ? receipt.receiptId : `${receipt.receiptId} ${redrive}`,
    firstIndex,
    source: receipt.source,
    receivedAtMs: receipt.receivedAtMs,
    isolateId: receipt.isolateId,
    sequence: receipt.sequence,
    ...(stream === undefined ? {} : { stream: { ...stream, events: receipt.eventCount } }),
  };
}

function rowOfEvent(
  raw: Json | undefined,
  receipt: Receipt,
  index: number,
  rejected: RejectedEvent | undefined,
): ChunkRow {
  if (rejected !== undefined) return rejectedChunkRow(raw, receipt, rejected);
  if (!isObject(raw)) {
    const message = "An event must be a JSON object.";
    return rejectedChunkRow(raw, receipt, { index, reason: "not_an_object", field: "", message });
  }
  const typed = eventWithType(raw, receipt.impliedType);
  if (!isObject(typed) || !isEventType(field(typed, "type"))) {
    const message = "type must be track, identify, page, screen, group or alias.";
    return rejectedChunkRow(raw, receipt, { index, reason: "unknown_type", field: "type", message });
  }
  const row = rowOf(raw, receipt, index);
  return {
    dataset: "events",
    id: row.message_id,
    keyKind: receipt.keyKind,
    bucketHourMs: bucketHourOf(raw, row, receipt),
    fileHourMs: fileHourOf(row, receipt),
    row: serializeRow(row),
  };
}

function rejectedChunkRow(raw: Json | undefined, receipt: Receipt, rejected: RejectedEvent): ChunkRow {
  const receiptHourMs = hourOf(receipt.receivedAtMs);
  return {
    dataset: "rejected",
    id: `${receipt.receiptId}-${rejected.index}`,
    keyKind: receipt.keyKind,
    bucketHourMs: receiptHourMs,
    fileHourMs: receiptHourMs,
    row: serializeRow(rejectedRowOf(raw, receipt, rejected)),
  };
}
