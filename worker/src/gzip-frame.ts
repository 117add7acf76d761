/*
 * The frame of a gzip member (RFC 1952): where its deflate stream starts, and what its trailer promises.
 * Needed because inflating a whole gzip file silently joins members and skips what follows a zero byte, while a stricter
 * reader downstream would refuse the same bytes: what the edge accepts must be readable for everybody.
 */

const deflateMethod = 8;
const headerCrcFlag = 2;
const extraFlag = 4;
const nameFlag = 8;
const commentFlag = 16;
const reservedFlags = 0xe0;
const fixedHeaderBytes = 10;

/** Bytes after the deflate stream: CRC-32 and length of the content. */
export const gzipTrailerBytes = 8;
/** Bytes of that length. */
const lengthBytes = 4;

/** Whether bytes begin like gzip. No JSON text does, so the label of a body need not be believed. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** Offset of the deflate stream; `null` when the header is broken or cut off. */
export function deflateStart(bytes: Uint8Array): number | null {
  const flags = bytes[3];
  if (!isGzip(bytes) || bytes[2] !== deflateMethod || flags === undefined || (flags & reservedFlags) !== 0) return null;
  let at: number | null = fixedHeaderBytes;
  if ((flags & extraFlag) !== 0) at += 2 + (bytes[at] ?? 0) + (bytes[at + 1] ?? 0) * 256;
  if ((flags & nameFlag) !== 0) at = afterZero(bytes, at);
  if (at !== null && (flags & commentFlag) !== 0) at = afterZero(bytes, at);
  if (at !== null && (flags & headerCrcFlag) !== 0) at += 2;
  return at !== null && at + gzipTrailerBytes < bytes.length ? at : null;
}

function afterZero(bytes: Uint8Array, start: number): number | null {
  const zero = bytes.indexOf(0, start);
  return zero < 0 ? null : zero + 1;
}

/** Length of the content (modulo 2³²), as the last four bytes state it. */
export function statedLength(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - lengthBytes, lengthBytes);
  return view.getUint32(0, true);
}

/** Bytes that can be searched for a run of bytes, as Buffers can. */
export type Searchable = Uint8Array & { indexOf(part: Uint8Array, from?: number): number };

const memberStart = new Uint8Array([0x1f, 0x8b, deflateMethod]);

/**
 * Whether bytes that inflated as gzip are certainly one member and nothing else. Every member begins with three known bytes;
 * where those stand only at the start, there is one. Its length stood at its end, for inflating compares it; where those four
 * bytes stand only at the end of all bytes, nothing follows. `false` means only that somebody must look closer: compressed
 * bytes may look like either by chance, one body of 16 KB in a thousand.
 *
 * @param contentBytes length of what all of it inflated to.
 */
export function isPlainlyOneMember(bytes: Searchable, contentBytes: number): boolean {
  const lengthAt = bytes.length - lengthBytes;
  return (
    statedLength(bytes) === contentBytes &&
    bytes.indexOf(bytes.subarray(lengthAt)) === lengthAt &&
    bytes.indexOf(memberStart, 1) < 0
  );
}
