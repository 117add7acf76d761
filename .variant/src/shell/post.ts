import type { IngestReply } from "@sluice/schema";
import { options } from "./settings.ts";

/** Bytes of all keepalive requests in flight; browsers refuse more than 65,536, https://fetch.spec.whatwg.org/#http-network-or-cache-fetch. */
const keepaliveBytesMax = 64_000;

const requestTimeoutMs = 30_000;

let keepaliveBytes = 0;

/** Bytes that may leave at once, for requests that outlive the page. */
export const keepaliveRoom = (): number => keepaliveBytesMax - keepaliveBytes;

/** Status (0: no answer), `Retry-After`, and the JSON of an answer; `true` when it is none, so not Sluice's. */
export type Answer = readonly [status: number, retryAfter?: string | null, reply?: Partial<IngestReply> | null];

/**
 * Sends one body. The request is "simple" by the rules of CORS (POST, text/plain, no header of our own), so the browser
 * asks no leave first. It never rejects: offline, blocked and timed out are status 0, and whether it arrived is unknown.
 *
 * @param isUrgent the page may go in this very task, so nothing is awaited before the request.
 */
export async function post(text: string, isUrgent: boolean): Promise<Answer> {
  let bytes = 0;
  try {
    let body = new Blob([text]);
    if (!isUrgent && globalThis.CompressionStream) {
      body = await new Response(body.stream().pipeThrough(new CompressionStream("gzip"))).blob();
    }
    const keepalive = body.size <= keepaliveRoom();
    if (keepalive) keepaliveBytes += bytes = body.size;
    const response = await fetch(`${options.host}/v1/batch`, {
      method: "POST",
      body,
      headers: { "content-type": "text/plain" },
      keepalive,
      signal: AbortSignal.timeout?.(requestTimeoutMs) as AbortSignal, // browsers before 2022 wait for as long as they like
    });
    return [
      response.status,
      response.headers.get("retry-after"),
      (await response.json().catch(Boolean)) as Partial<IngestReply>,
    ];
  } catch {
    return [0];
  } finally {
    keepaliveBytes -= bytes;
  }
}
