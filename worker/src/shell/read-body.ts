import { fail, ok, type Result } from "@sluice/schema";
import type { TimeLimits } from "./time-limit.ts";

/** Why a body could not be read. */
export type ReadFailure = "empty_body" | "request_too_large" | "body_not_received";

/**
 * Reads a request's bytes as they came over the wire, at most `bytesMax` of them and for at most `timeMsMax`. A stated length
 * that is too large is refused before anything is read; bodies without a length (chunked) are counted while they arrive. A
 * sender that hangs up, or sends a byte a second, is no fault of ours.
 */
export function readBody(
  request: Request,
  bytesMax: number,
  limits: TimeLimits,
  timeMsMax: number,
): Promise<Result<Uint8Array, ReadFailure>> {
  const stated = request.headers.get("content-length");
  // The runtime delivers a stated length and no more, and collects it faster than a reader that is asked piece by piece.
  if (stated === null) return readPieces(request, bytesMax, limits, timeMsMax);
  return Number(stated) > bytesMax
    ? Promise.resolve(fail("request_too_large"))
    : readWhole(request, bytesMax, limits, timeMsMax);
}

async function readWhole(
  request: Request,
  bytesMax: number,
  limits: TimeLimits,
  timeMsMax: number,
): Promise<Result<Uint8Array, ReadFailure>> {
  try {
    const bytes = new Uint8Array(await limits.within(request.arrayBuffer(), timeMsMax));
    if (bytes.length > bytesMax) return fail("request_too_large");
    return bytes.length === 0 ? fail("empty_body") : ok(bytes);
  } catch {
    return fail("body_not_received"); // time is up; or the sender hung up, so nobody reads the answer either
  }
}

async function readPieces(
  request: Request,
  bytesMax: number,
  limits: TimeLimits,
  timeMsMax: number,
): Promise<Result<Uint8Array, ReadFailure>> {
  if (request.body === null) return fail("empty_body");
  const reader = (request.body as ReadableStream<Uint8Array>).getReader();
  const read = await limits
    .within(readAll(reader, bytesMax), timeMsMax)
    .catch(() => fail("body_not_received" as const));
  if (!read.ok && read.error !== "empty_body") abandon(reader);
  return read;
}

async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  bytesMax: number,
): Promise<Result<Uint8Array, ReadFailure>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > bytesMax) return fail("request_too_large");
      chunks.push(value);
    }
  } catch {
    return fail("body_not_received"); // the sender hung up, so nobody reads the answer either
  }
  if (length === 0) return fail("empty_body");
  const [only] = chunks;
  return ok(chunks.length === 1 && only !== undefined ? only : joined(chunks, length));
}

/** Lets go of the rest of a body. That this fails on a broken connection is of no interest: the answer is on its way. */
function abandon(reader: ReadableStreamDefaultReader<Uint8Array>): void {
  reader.cancel().catch(() => undefined);
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
