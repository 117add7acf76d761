/*
 * The frame of a gzip member (RFC 1952): where its deflate stream starts, and what its trailer promises.
 * Needed because inflating a whole gzip file silently joins members and skips trailing zeros, while a stricter
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

/** CRC-32 and length (modulo 2³²) of the content, as the last eight bytes state them. */
export function gzipTrailer(bytes: Uint8Array): { readonly crc: number; readonly length: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - gzipTrailerBytes, gzipTrailerBytes);
  return { crc: view.getUint32(0, true), length: view.getUint32(4, true) };
}
