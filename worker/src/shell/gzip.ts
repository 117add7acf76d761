import { crc32, gzipSync, inflateRawSync } from "node:zlib";
import { fail, ok, type Result } from "@sluice/schema";
import { deflateStart, gzipTrailer, gzipTrailerBytes } from "../gzip-frame.ts";

/** The smallest piece to inflate into: a body that states a smaller length fits, one that states a wrong one takes several. */
const chunkBytesMin = 16 * 1024;
/** Room behind the stated length, without which zlib asks for another piece before it finds the end. */
const chunkSpareBytes = 64;

/** Compresses at level 1: the queue bills per 64 KB and the body is read once, so speed counts for more than size. */
export function gzip(bytes: Uint8Array): Uint8Array {
  return gzipSync(bytes, { level: 1 });
}

/**
 * Decompresses exactly one gzip member. Stops at `bytesMax` of output, whatever the member claims, and refuses
 * trailing bytes, further members and a wrong checksum.
 */
export function gunzipBounded(
  bytes: Uint8Array,
  bytesMax: number,
): Result<Uint8Array, "invalid_gzip" | "request_too_large"> {
  const start = deflateStart(bytes);
  if (start === null) return fail("invalid_gzip");
  const trailer = gzipTrailer(bytes);
  // One piece of the stated length saves joining many; what is stated is not believed beyond the ceiling.
  const chunkBytes = Math.max(chunkBytesMin, Math.min(trailer.length, bytesMax) + chunkSpareBytes);
  const inflated = inflate(bytes.subarray(start), bytesMax, chunkBytes);
  if (!inflated.ok) return inflated;
  const { content, consumedBytes } = inflated.value;
  if (start + consumedBytes + gzipTrailerBytes !== bytes.length) return fail("invalid_gzip");
  return trailer.length === content.length && trailer.crc === crc32(content) ? ok(content) : fail("invalid_gzip");
}

interface Inflated {
  readonly content: Uint8Array;
  /** Bytes of input up to the end of the deflate stream. */
  readonly consumedBytes: number;
}

function inflate(
  bytes: Uint8Array,
  bytesMax: number,
  chunkBytes: number,
): Result<Inflated, "invalid_gzip" | "request_too_large"> {
  try {
    // With `info` the result is {buffer, engine}, which the type declarations of Node do not know.
    const options = { maxOutputLength: bytesMax, chunkSize: chunkBytes, info: true };
    const result = inflateRawSync(bytes, options) as unknown as {
      readonly buffer: Uint8Array;
      readonly engine: { readonly bytesWritten: number };
    };
    return ok({ content: result.buffer, consumedBytes: result.engine.bytesWritten });
  } catch (error) {
    // zlib has no other way to say "broken" and "too long" than to throw; anything else is ours to fix.
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "ERR_BUFFER_TOO_LARGE") return fail("request_too_large");
    if (code.startsWith("Z_")) return fail("invalid_gzip");
    throw error;
  }
}
