import { fail, ok, type Result } from "@sluice/schema";

/** Why a body could not be read. */
export type ReadFailure = "empty_body" | "request_too_large" | "body_not_received";

/**
 * Reads a request's bytes as they came over the wire, at most `bytesMax` of them and for at most `timeMsMax`. A stated length
 * that is too large is refused before anything is read; bodies without a length (chunked) are counted while they arrive. A
 * sender that hangs up, or sends a byte a second, is no fault of ours.
 */
export async function readBody(
  request: Request,
  bytesMax: number,
  timeMsMax: number,
): Promise<Result<Uint8Array, ReadFailure>> {
  const stated = request.headers.get("content-length");
  if (stated !== null && Number(stated) > bytesMax) return fail("request_too_large");
  if (request.body === null) return fail("empty_body");
  const reader = (request.body as ReadableStream<Uint8Array>).getReader();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Result<never, "body_not_received">>((resolve) => {
    timer = setTimeout(() => resolve(fail("body_not_received")), timeMsMax);
  });
  const read = await Promise.race([readAll(reader, bytesMax), late]);
  clearTimeout(timer);
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
