import type { AppendRequest, AppendSlice, SoughtId } from "@sluice/schema";
import { sipHash, sipHashBytes } from "./sip-hash.ts";

/** Hashes of a request, packed: of its events, slice by slice, and of its slices. */
export interface RequestHashes {
  readonly events: Uint8Array;
  readonly slices: Uint8Array;
}

/** First byte of what is hashed: texts of two kinds never have the same hash. */
const kinds = { public: { events: 0, rejected: 1 }, server: { events: 2, rejected: 3 }, slice: 4 } as const;

/**
 * The hashes of a request's events, by (key class, dataset, id), and of its slices: 128 bits each.
 *
 * @param hashKey the log's own, secret: without it nobody can make ids that collide or crowd one slot.
 */
export function hashRequest(request: AppendRequest, hashKey: Uint32Array): RequestHashes {
  const count = request.slices.reduce((sum, { events }) => sum + events.ids.length, 0);
  const hashes = {
    events: new Uint8Array(count * sipHashBytes),
    slices: new Uint8Array(request.slices.length * sipHashBytes),
  };
  let at = 0;
  request.slices.forEach((slice, i) => {
    const { receiptId, firstIndex, redrive } = slice.receipt;
    // Driven again under its old receipt, an event must not be taken for a redelivery of the message that first brought it.
    const name = redrive === undefined ? receiptId : `${receiptId} ${redrive}`;
    hashText(hashKey, kinds.slice, `${name} ${firstIndex}`, hashes.slices, i * sipHashBytes);
    at = hashEvents(slice, hashKey, hashes.events, at);
  });
  return hashes;
}

/** The hashes of single ids, as those of events. */
export function hashIds(ids: readonly Omit<SoughtId, "bucketHourMs">[], hashKey: Uint32Array): Uint8Array {
  const hashes = new Uint8Array(ids.length * sipHashBytes);
  ids.forEach(({ keyKind, dataset, id }, i) =>
    hashText(hashKey, kinds[keyKind][dataset], id, hashes, i * sipHashBytes),
  );
  return hashes;
}

function hashEvents(slice: AppendSlice, hashKey: Uint32Array, out: Uint8Array, from: number): number {
  const { ids, segments } = slice.events;
  const kindOf = slice.segments.map(({ dataset }) => kinds[slice.receipt.keyKind][dataset]);
  let at = from;
  for (let i = 0; i < ids.length; i++) {
    const kind = kindOf[segments[i] ?? -1];
    const id = ids[i];
    if (kind === undefined || id === undefined) throw new Error("an event of a slice names no segment of it");
    hashText(hashKey, kind, id, out, at);
    at += sipHashBytes;
  }
  return at;
}

const encoder = new TextEncoder();
/** Room for what is hashed: ids are short, and are hashed one at a time. */
let scratch = new Uint8Array(1024);

function hashText(hashKey: Uint32Array, kind: number, text: string, out: Uint8Array, at: number): void {
  if (scratch.length < 1 + text.length * 3) scratch = new Uint8Array(1 + text.length * 3);
  scratch[0] = kind;
  let length = 1;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) {
      length = 1 + encoder.encodeInto(text, scratch.subarray(1)).written;
      break;
    }
    scratch[length++] = unit; // ids are mostly ASCII, for which this is faster than the encoder
  }
  sipHash(hashKey, scratch, length, out, at);
}
