/** Bytes of one hash. */
export const sipHashBytes = 16;

/**
 * SipHash-2-4 with 128 bits of output (Aumasson and Bernstein, "SipHash: a fast short-input PRF", and its reference
 * implementation's `SIPHASH_128`): a keyed hash whose outputs nobody without the key can predict or make collide.
 * 64-bit words are pairs of 32-bit integers, the low one first. One loop takes the words in and then the two halves of the hash
 * out, so that the round is written once.
 *
 * @param key 16 bytes as four little-endian words.
 * @param text is hashed from byte `from` (inclusive) to `end` (exclusive).
 * @param out takes the hash at byte `at`.
 */
export function sipHash(
  key: Uint32Array,
  text: Uint8Array,
  from: number,
  end: number,
  out: Uint8Array,
  at: number,
): void {
  const [k0 = 0, k1 = 0, k2 = 0, k3 = 0] = key;
  let v0l = k0 ^ 0x70736575;
  let v0h = k1 ^ 0x736f6d65;
  let v1l = k2 ^ 0x6e646f6d ^ 0xee;
  let v1h = k3 ^ 0x646f7261;
  let v2l = k0 ^ 0x6e657261;
  let v2h = k1 ^ 0x6c796765;
  let v3l = k2 ^ 0x79746573;
  let v3h = k3 ^ 0x74656462;
  const words = ((end - from) >>> 3) + 1; // the last one is padded and ends with the length
  for (let word = 0; word < words + 2; word++) {
    const isInput = word < words;
    let ml = 0;
    let mh = 0;
    if (isInput) {
      ml = wordAt(text, from + word * 8, end);
      mh = wordAt(text, from + word * 8 + 4, end);
      if (word === words - 1) mh |= (end - from) << 24;
      v3l ^= ml;
      v3h ^= mh;
    } else if (word === words) v2l ^= 0xee;
    else v1l ^= 0xdd;
    for (let round = isInput ? 2 : 4; round > 0; round--) {
      let sum = (v0l + v1l) | 0;
      v0h = (v0h + v1h + carry(v0l, v1l, sum)) | 0;
      v0l = sum;
      let low = (v1l << 13) | (v1h >>> 19);
      v1h = ((v1h << 13) | (v1l >>> 19)) ^ v0h;
      v1l = low ^ v0l;
      low = v0l;
      v0l = v0h; // rotation by 32
      v0h = low;
      sum = (v2l + v3l) | 0;
      v2h = (v2h + v3h + carry(v2l, v3l, sum)) | 0;
      v2l = sum;
      low = (v3l << 16) | (v3h >>> 16);
      v3h = ((v3h << 16) | (v3l >>> 16)) ^ v2h;
      v3l = low ^ v2l;
      sum = (v0l + v3l) | 0;
      v0h = (v0h + v3h + carry(v0l, v3l, sum)) | 0;
      v0l = sum;
      low = (v3l << 21) | (v3h >>> 11);
      v3h = ((v3h << 21) | (v3l >>> 11)) ^ v0h;
      v3l = low ^ v0l;
      sum = (v2l + v1l) | 0;
      v2h = (v2h + v1h + carry(v2l, v1l, sum)) | 0;
      v2l = sum;
      low = (v1l << 17) | (v1h >>> 15);
      v1h = ((v1h << 17) | (v1l >>> 15)) ^ v2h;
      v1l = low ^ v2l;
      low = v2l;
      v2l = v2h;
      v2h = low;
    }
    if (isInput) {
      v0l ^= ml;
      v0h ^= mh;
    } else {
      putWords(out, at + (word - words) * 8, v0l ^ v1l ^ v2l ^ v3l, v0h ^ v1h ^ v2h ^ v3h);
    }
  }
}

/** Carry of the 32-bit sum of two words. */
function carry(a: number, b: number, sum: number): number {
  return ((a & b) | ((a | b) & ~sum)) >>> 31;
}

/** Four bytes as a little-endian word; those from `end` on count as zero. */
function wordAt(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 <= end) {
    return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
  }
  let word = 0;
  for (let i = at; i < end; i++) word |= (bytes[i] ?? 0) << (8 * (i - at));
  return word;
}

function putWords(out: Uint8Array, at: number, low: number, high: number): void {
  putWord(out, at, low);
  putWord(out, at + 4, high);
}

function putWord(out: Uint8Array, at: number, word: number): void {
  out[at] = word;
  out[at + 1] = word >>> 8;
  out[at + 2] = word >>> 16;
  out[at + 3] = word >>> 24;
}
