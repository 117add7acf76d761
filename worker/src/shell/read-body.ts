import { fail, ok, type Result } from "@sluice/schema";

/** Why a body could not be read. */
export type ReadFailure = "empty_body" | "request_too_large";

/**
 * Reads a request's bytes as they came over the wire, at most `bytesMax` of them. A stated length that is too large is
 * refused before anything is read; bodies without a length (chunked) are counted while they arrive.
 */
export async function readBody(request: Request, bytesMax: number): Promise<Result<Uint8Array, ReadFailure>> {
  const stated = request.headers.get("content-length");
  if (stated !== null && Number(stated) > bytesMax) return fail("request_too_large");
  if (request.body === null) return fail("empty_body");
  // The runtime delivers what was stated and no more, and collects it much faster than a reader that is asked piece by piece.
  if (stated !== null) {
    const bytes = new Uint8Array(await request.arrayBuffer());
    return bytes.length === 0 ? fail("empty_body") : bytes.length > bytesMax ? fail("request_too_large") : ok(bytes);
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  const body = request.body as ReadableStream<Uint8Array>;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > bytesMax) {
      await reader.cancel();
      return fail("request_too_large");
    }
    chunks.push(value);
  }
  if (length === 0) return fail("empty_body");
  const [only] = chunks;
  return ok(chunks.length === 1 && only !== undefined ? only : joined(chunks, length));
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
