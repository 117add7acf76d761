import type { SoughtId } from "@sluice/schema";
import { textKinds, writeText } from "./id-texts.ts";
import type { LogRequest } from "./packed-append.ts";
import { sipHash, sipHashBytes } from "./sip-hash.ts";

/** Hashes of a request, packed: of its events, slice by slice, and of its slices. */
export interface RequestHashes {
  readonly events: Uint8Array;
  readonly slices: Uint8Array;
}

/**
 * The hashes of a request's events, by (key class, dataset, id), and of its slices: 128 bits each.
 *
 * @param hashKey the log's own, secret: without it nobody can make ids that collide or crowd one slot.
 */
export function hashRequest({ slices, ids }: LogRequest, hashKey: Uint32Array): RequestHashes {
  const hashes = {
    events: new Uint8Array(ids.ends.length * sipHashBytes),
    slices: new Uint8Array(slices.length * sipHashBytes),
  };
  slices.forEach(({ receipt: { receiptId, firstIndex, redrive } }, i) => {
    // Driven again under its old receipt, an event must not be taken for a redelivery of the message that first brought it.
    const name = redrive === undefined ? receiptId : `${receiptId} ${redrive}`;
    hashText(hashKey, textKinds.slice, `${name} ${firstIndex}`, hashes.slices, i * sipHashBytes);
  });
  let from = 0;
  for (let event = 0; event < ids.ends.length; event++) {
    const end = ids.ends[event] ?? 0;
    sipHash(hashKey, ids.bytes, from, end, hashes.events, event * sipHashBytes);
    from = end;
  }
  return hashes;
}

/** The hashes of single ids, as those of events. */
export function hashIds(ids: readonly Omit<SoughtId, "bucketHourMs">[], hashKey: Uint32Array): Uint8Array {
  const hashes = new Uint8Array(ids.length * sipHashBytes);
  ids.forEach(({ keyKind, dataset, id }, i) =>
    hashText(hashKey, textKinds[keyKind][dataset], id, hashes, i * sipHashBytes),
  );
  return hashes;
}

/** Room for what is hashed: texts are short, and are hashed one at a time. */
let scratch = new Uint8Array(1024);

function hashText(hashKey: Uint32Array, kind: number, text: string, out: Uint8Array, at: number): void {
  if (scratch.length < 1 + text.length * 3) scratch = new Uint8Array(1 + text.length * 3);
  scratch[0] = kind;
  sipHash(hashKey, scratch, 0, writeText(text, scratch, 1), out, at);
}
