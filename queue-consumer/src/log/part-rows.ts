import { EventTable, rejectedRowOf, type RejectedRow, rowOf, type ScannedEvent, SentEvents } from "@sluice/lake";
import { type Dataset, envelopeOf, isObject, type Json, type RejectedEvent } from "@sluice/schema";
import { openText } from "../consume/decode-message.ts";
import { parseBody } from "../consume/parse-body.ts";
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
  const made = dataset === "events" ? new MadeEvents() : new MadeRejects();
  let textLength = 0;
  let taken = 0;
  for (const block of blocks) {
    const before = made.length;
    let blockLength = 0;
    for (const stored of block) blockLength += made.add(stored);
    if (taken > 0 && textLength + blockLength > textLengthMax) {
      made.truncate(before);
      break;
    }
    textLength += blockLength;
    taken += 1;
  }
  return { rows: made.rows(), blocks: taken, textLength };
}

/** The rows of one block's events as objects, in the order in which they came. For few of them: a part's cost far less. */
export function rowsOf(dataset: Dataset, block: Iterable<StoredEvents>): readonly object[] {
  return [...block].flatMap((stored) => (dataset === "events" ? eventRows(stored) : rejectedRows(stored)));
}

/** Rows that are being made. `add` returns the characters of their text, about. */
interface Made {
  readonly length: number;
  add(stored: StoredEvents): number;
  truncate(length: number): void;
  rows(): PartRows;
}

class MadeEvents implements Made {
  readonly #table = new EventTable();
  readonly #sent = new SentEvents();

  get length(): number {
    return this.#table.events;
  }

  add(stored: StoredEvents): number {
    const { form, positions } = stored;
    const text = textOf(stored);
    const scanned = form === "request" ? this.#sent.read(text) : null;
    const documents = scanned === null ? this.#addParsed(text, stored) : this.#addScanned(scanned, stored);
    return documents * rowTextPerBodyByte + positions.length * shortColumnsLength;
  }

  #addScanned(scanned: readonly ScannedEvent[], { receipt, positions }: StoredEvents): number {
    let documents = 0;
    for (const position of positions) {
      const event = scanned[position];
      if (event === undefined) throw new Error(`${receipt.receiptId} has no event ${position}`);
      documents += this.#table.addScanned(event, receipt, receipt.firstIndex + position);
    }
    return documents;
  }

  #addParsed(text: string, stored: StoredEvents): number {
    const { receipt } = stored;
    let documents = 0;
    for (const [index, raw] of eventsIn(text, stored)) {
      if (!isObject(raw)) throw new Error(`event ${index} of ${receipt.receiptId} is stored as one and is none`);
      documents += this.#table.add(raw, receipt, index);
    }
    return documents;
  }

  truncate(length: number): void {
    this.#table.truncate(length);
  }

  rows(): PartRows {
    return { dataset: "events", rows: this.#table };
  }
}

class MadeRejects implements Made {
  readonly #rows: RejectedRow[] = [];

  get length(): number {
    return this.#rows.length;
  }

  add(stored: StoredEvents): number {
    let length = 0;
    for (const row of rejectedRows(stored)) {
      this.#rows.push(row);
      length += lengthOf(row.raw) + row.message.length + shortColumnsLength;
    }
    return length;
  }

  truncate(length: number): void {
    this.#rows.length = length;
  }

  rows(): PartRows {
    return { dataset: "rejected", rows: this.#rows };
  }
}

function eventRows(stored: StoredEvents): readonly object[] {
  return indexedEvents(stored).flatMap(([index, raw]) => (isObject(raw) ? [rowOf(raw, stored.receipt, index)] : []));
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
function indexedEvents(stored: StoredEvents): readonly [number, Json | undefined][] {
  return eventsIn(textOf(stored), stored);
}

function textOf({ receipt, gzip }: StoredEvents): string {
  const body = openText(gzip);
  if (!body.ok) throw new Error(`a stored body of ${receipt.receiptId} does not open: ${body.error}`);
  return body.value.text;
}

function eventsIn(text: string, { receipt, form, positions }: StoredEvents): readonly [number, Json | undefined][] {
  const json = parseBody(text); // which took it when it was stored
  if (form === "request") {
    const { events } = envelopeOf(json);
    return positions.map((position) => [receipt.firstIndex + position, events[position]]);
  }
  const wanted = new Set(positions.map((position) => receipt.firstIndex + position));
  const picked = json as [number, Json][]; // as pickedBody wrote it
  return picked.filter(([index]) => wanted.has(index));
}

/** Characters of a row's short columns together, generously. */
const shortColumnsLength = 400;

function lengthOf(text: string | null): number {
  return text === null ? 0 : text.length;
}
