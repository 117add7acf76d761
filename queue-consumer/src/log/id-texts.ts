import type { IdTexts } from "@sluice/schema";

/** First byte of what is hashed: texts of two kinds never have the same hash. */
export const textKinds = {
  public: { events: 0, rejected: 1 },
  server: { events: 2, rejected: 3 },
  slice: 4,
} as const;

const encoder = new TextEncoder();
/** Keeps byte order marks, which an id may begin with. */
const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
/** Room for an id of the usual kinds. */
const idBytesUsual = 37;
/** Bytes of a character, at most. */
const characterBytes = 3;

/** Writes ids one behind the other. They are taken out of their body at once, which would stay in memory with the texts. */
export class IdWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  readonly #ends: Uint32Array<ArrayBuffer>;
  #count = 0;
  #end = 0;

  constructor(count: number) {
    this.#bytes = new Uint8Array(count * idBytesUsual);
    this.#ends = new Uint32Array(count);
  }

  /** Adds the id of the next event, under one of {@link textKinds}. */
  add(kind: number, id: string): void {
    const room = this.#end + 1 + id.length * characterBytes;
    if (this.#bytes.length < room) {
      const larger = new Uint8Array(2 * room);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#end] = kind;
    this.#end = writeText(id, this.#bytes, this.#end + 1);
    this.#ends[this.#count++] = this.#end;
  }

  /** The ids; all of them must have been added. */
  ids(): IdTexts {
    return { bytes: this.#bytes.subarray(0, this.#end), ends: this.#ends };
  }
}

/** Writes UTF-8, and returns where it ends. Ids are mostly ASCII, for which this is faster than the encoder. */
export function writeText(text: string, out: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) return at + encoder.encodeInto(text, out.subarray(at)).written;
    out[at + i] = unit;
  }
  return at + text.length;
}

/** The ids as texts. */
export function textsOf({ bytes, ends }: IdTexts): readonly string[] {
  const all = decoder.decode(bytes);
  const isAscii = all.length === bytes.length;
  return Array.from(ends, (end, i) => {
    const start = (ends[i - 1] ?? 0) + 1;
    return isAscii ? all.slice(start, end) : decoder.decode(bytes.subarray(start, end));
  });
}

/** Some of the ids. */
export function pickIds({ bytes, ends }: IdTexts, indices: readonly number[]): IdTexts {
  return joinIds(
    indices.map((i) => {
      const id = bytes.subarray(ends[i - 1] ?? 0, ends[i]);
      return { bytes: id, ends: Uint32Array.of(id.length) };
    }),
  );
}

/** Lists of ids as one. */
export function joinIds(lists: readonly IdTexts[]): IdTexts {
  const joined = {
    bytes: new Uint8Array(lists.reduce((sum, { bytes }) => sum + bytes.length, 0)),
    ends: new Uint32Array(lists.reduce((sum, { ends }) => sum + ends.length, 0)),
  };
  let [start, count] = [0, 0];
  for (const { bytes, ends } of lists) {
    joined.bytes.set(bytes, start);
    for (let i = 0; i < ends.length; i++) joined.ends[count++] = start + (ends[i] ?? 0);
    start += bytes.length;
  }
  return joined;
}
