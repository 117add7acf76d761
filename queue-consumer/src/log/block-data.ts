import type { AppendBody, Receipt } from "@sluice/schema";

/*
 * The data of a block: receipts (JSON), bodies (gzip) as they came, then a list of picks for each segment, that is for
 * each file: where its events stand. Numbers are little-endian.
 *
 *   pick     receipt's place and length, body's place and length, form of the body, number of events: 4 bytes each
 *            then the events' positions in their message: 2 bytes each
 */

/** Some events of one message for one file. */
export interface StoredEvents {
  readonly receipt: Receipt;
  readonly form: AppendBody["form"];
  readonly gzip: Uint8Array;
  readonly positions: readonly number[];
}

/** Where a piece stands in the data. */
export interface Place {
  readonly at: number;
  readonly bytes: number;
}

/** Some events of one message for one file, on their way into a block. */
export interface EventPick {
  readonly receipt: Place;
  readonly form: AppendBody["form"];
  readonly body: Place;
  readonly positions: readonly number[];
}

const pickHeadBytes = 24;
const forms = ["request", "picked"] as const;

/** Bytes that a pick of so many events takes. */
export function pickBytes(events: number): number {
  return pickHeadBytes + events * 2;
}

/** The list of a segment's picks. */
export function packPicks(picks: readonly EventPick[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(picks.reduce((sum, pick) => sum + pickBytes(pick.positions.length), 0)));
  let at = 0;
  for (const { receipt, body, form, positions } of picks) {
    const head = [receipt.at, receipt.bytes, body.at, body.bytes, forms.indexOf(form), positions.length];
    head.forEach((value, i) => view.setUint32(at + i * 4, value, true));
    at += pickHeadBytes;
    for (const position of positions) {
      view.setUint16(at, position, true);
      at += 2;
    }
  }
  return new Uint8Array(view.buffer);
}

/** Reads the events of a segment back, message by message. */
export function* storedEvents(data: Uint8Array, segment: Place): Generator<StoredEvents> {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const end = segment.at + segment.bytes;
  for (let at = segment.at; at < end;) {
    const word = (index: number): number => view.getUint32(at + index * 4, true);
    const positions: number[] = [];
    const count = word(5);
    for (let i = 0; i < count; i++) positions.push(view.getUint16(at + pickHeadBytes + i * 2, true));
    const form = forms[word(4)];
    if (form === undefined) throw new Error("a block names a form of body that this version does not know");
    const receipt = JSON.parse(decoder.decode(data.subarray(word(0), word(0) + word(1)))) as Receipt;
    yield { receipt, form, gzip: data.subarray(word(2), word(2) + word(3)), positions };
    at += pickBytes(count);
  }
}

const decoder = new TextDecoder();
