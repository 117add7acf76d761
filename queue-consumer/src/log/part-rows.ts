import { rejectedRowOf, type RejectedRow, type Row, rowOf } from "@sluice/lake";
import { type Dataset, envelopeOf, isObject, type Json, type RejectedEvent } from "@sluice/schema";
import { openBody } from "../consume/decode-message.ts";
import { unknownType, verdictsOf } from "../consume/verdicts.ts";
import type { StoredEvents } from "./block-data.ts";
import { rowTextPerBodyByte } from "./limits.ts";
import type { PartRows } from "./part-file.ts";

/** Rows made for a part. */
export interface MadeRows {
  readonly rows: PartRows;
  /** How many of the blocks they are of. */
  readonly blocks: number;
  /** Characters of their text, about. */
  readonly textLength: number;
}

/**
 * Makes the rows of blocks' events, block by block, and stops before the one by which their text would exceed a
 * bound; never before the first. The sizes of bodies, by which blocks were chosen, say nothing of single hours' events.
 */
export function makeRows(dataset: Dataset, blocks: Iterable<Iterable<StoredEvents>>, textLengthMax: number): MadeRows {
  if (dataset === "events") {
    const { rows, ...made } = collect(blocks, eventRows, eventTextLength, textLengthMax);
    return { ...made, rows: { dataset, rows } };
  }
  const { rows, ...made } = collect(blocks, rejectedRows, rejectedTextLength, textLengthMax);
  return { ...made, rows: { dataset, rows } };
}

function collect<Made>(
  blocks: Iterable<Iterable<StoredEvents>>,
  rowsOf: (stored: StoredEvents) => readonly Made[],
  textLengthOf: (row: Made) => number,
  textLengthMax: number,
): { readonly rows: readonly Made[]; readonly blocks: number; readonly textLength: number } {
  const rows: Made[] = [];
  let textLength = 0;
  let taken = 0;
  for (const block of blocks) {
    const before = { rows: rows.length, textLength };
    for (const stored of block) {
      for (const row of rowsOf(stored)) {
        rows.push(row);
        textLength += textLengthOf(row);
      }
    }
    if (taken > 0 && textLength > textLengthMax) {
      rows.length = before.rows;
      return { rows, blocks: taken, textLength: before.textLength };
    }
    taken += 1;
  }
  return { rows, blocks: taken, textLength };
}

function eventRows(stored: StoredEvents): readonly Row[] {
  return indexedEvents(stored).map(([index, raw]) => {
    if (!isObject(raw)) throw new Error(`event ${index} of ${stored.receipt.receiptId} is stored as one and is none`);
    return rowOf(raw, stored.receipt, index);
  });
}

function rejectedRows(stored: StoredEvents): readonly RejectedRow[] {
  const { receipt } = stored;
  const rejectionOf = verdictsOf(receipt);
  return indexedEvents(stored).map(([index, raw]) => {
    // What a newer version would take for an event stays the reject as which it was counted.
    const rejection: RejectedEvent = rejectionOf(raw, index) ?? unknownType(index);
    return rejectedRowOf(raw, receipt, rejection);
  });
}

/** The events with their indices in the request. A reject may lack its event: the edge need not forward what is too large. */
function indexedEvents({ receipt, form, gzip, positions }: StoredEvents): readonly [number, Json | undefined][] {
  const body = openBody(gzip);
  if (!body.ok) throw new Error(`a stored body of ${receipt.receiptId} does not open: ${body.error}`);
  if (form === "request") {
    const { events } = envelopeOf(body.value.json);
    return positions.map((position) => [receipt.firstIndex + position, events[position]]);
  }
  const wanted = new Set(positions.map((position) => receipt.firstIndex + position));
  const picked = body.value.json as [number, Json][]; // as pickedBody wrote it
  return picked.filter(([index]) => wanted.has(index));
}

/** Characters of a row's short columns together, generously. */
const shortColumnsLength = 400;

function eventTextLength({ properties, traits, context, extra }: Row): number {
  const documents = lengthOf(properties) + lengthOf(traits) + lengthOf(context) + lengthOf(extra);
  return documents * rowTextPerBodyByte + shortColumnsLength;
}

function rejectedTextLength({ raw, message }: RejectedRow): number {
  return lengthOf(raw) + message.length + shortColumnsLength;
}

function lengthOf(text: string | null): number {
  return text === null ? 0 : text.length;
}
