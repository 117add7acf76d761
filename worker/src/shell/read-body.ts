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
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), timeMsMax);
  });
  // The runtime delivers a stated length and no more, and collects it faster than a reader that is asked piece by piece.
  const reading = stated === null ? readPieces(request.body as ReadableStream<Uint8Array>, bytesMax, late) : null;
  const read = await (reading ?? Promise.race([readWhole(request, bytesMax), late]));
  clearTimeout(timer);
  return read === "late" ? fail("body_not_received") : read;
}

async function readWhole(request: Request, bytesMax: number): Promise<Result<Uint8Array, ReadFailure>> {
  try {
    const bytes = new Uint8Array(await request.arrayBuffer());
    if (bytes.length > bytesMax) return fail("request_too_large");
    return bytes.length === 0 ? fail("empty_body") : ok(bytes);
  } catch {
    return fail("body_not_received"); // the sender hung up, so nobody reads the answer either
  }
}

async function readPieces(
  body: ReadableStream<Uint8Array>,
  bytesMax: number,
  late: Promise<"late">,
): Promise<Result<Uint8Array, ReadFailure> | "late"> {
  const reader = body.getReader();
  const read = await Promise.race([readAll(reader, bytesMax), late]);
  if (read === "late" || (!read.ok && read.error !== "empty_body")) abandon(reader);
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
