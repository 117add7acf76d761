import { Buffer } from "node:buffer";
import { gunzipSync, gzipSync, inflateRawSync } from "node:zlib";
import { fail, ok, type Result } from "@sluice/schema";
import { deflateStart, gzipTrailerBytes, isPlainlyOneMember, type Searchable, statedLength } from "../gzip-frame.ts";

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
  if (bytes.length <= gzipTrailerBytes) return fail("invalid_gzip");
  // One piece of the stated length saves joining many; what is stated is not believed beyond the ceiling.
  const chunkSize = Math.max(chunkBytesMin, Math.min(statedLength(bytes), bytesMax) + chunkSpareBytes);
  const content = inflated(() => gunzipSync(bytes, { maxOutputLength: bytesMax, chunkSize }));
  if (!content.ok) return content;
  if (isPlainlyOneMember(searchable(bytes), content.value.length)) return content;
  return firstMemberBytes(bytes, { maxOutputLength: bytesMax, chunkSize }) === bytes.length
    ? content
    : fail("invalid_gzip");
}

/** What is used of `Buffer`, whose type is lost where the declarations of Node and of workerd meet. */
interface BufferMaker {
  from(memory: ArrayBufferLike, byteOffset: number, length: number): Searchable;
}

/** A Buffer over the same memory, whose search is native. */
function searchable(bytes: Uint8Array): Searchable {
  return (Buffer as BufferMaker).from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/**
 * Length of the first member; `null` when there is none. It is inflated once more for that, by the one way that tells where its
 * stream ends and that costs twice as much; hence only where {@link isPlainlyOneMember} does not decide.
 */
function firstMemberBytes(
  bytes: Uint8Array,
  limits: { readonly maxOutputLength: number; readonly chunkSize: number },
): number | null {
  const start = deflateStart(bytes);
  if (start === null) return null;
  // With `info` the result is {buffer, engine}, which the type declarations of Node do not know.
  const first = inflated(
    () => inflateRawSync(bytes.subarray(start), { ...limits, info: true }) as unknown as InfoResult,
  );
  return first.ok ? start + first.value.engine.bytesWritten + gzipTrailerBytes : null;
}

interface InfoResult {
  readonly engine: { readonly bytesWritten: number };
}

/**
 * zlib has no other way to say "broken" and "too long" than to throw. The codes of the errors and their wording differ between Node and
 * workerd; their classes do not. Any other class is ours to fix.
 */
function inflated<Value>(work: () => Value): Result<Value, "invalid_gzip" | "request_too_large"> {
  try {
    return ok(work());
  } catch (error) {
    if (error instanceof RangeError) return fail("request_too_large");
    if (error instanceof Error && error.name === "Error") return fail("invalid_gzip");
    throw error;
  }
}
