import type { SendReply, SendRequest } from "@sluice/core";

/**
 * Bytes of requests that outlive the page: when it goes, and of the one batch that may be in flight then.
 * Together they stay below the 64 KiB that browsers allow, https://fetch.spec.whatwg.org/#http-network-or-cache-fetch.
 */
export const urgentBytesMax = 45_000;
const keepaliveBytesMax = 15_000;

/** Bodies below this are sent plain: gzip would save less than a packet. */
const gzipCharactersMin = 1024;

const requestTimeoutMs = 30_000;

/**
 * Makes the function that sends one batch. The request is "simple" by the rules of CORS (POST, text/plain, no
 * header of our own), so the browser asks no leave first. It never rejects: no answer is status 0.
 */
export function createSend(url: string): (request: SendRequest) => Promise<SendReply> {
  return async ({ body, urgent }) => {
    try {
      let payload = new Blob([body]);
      if (!urgent && body.length > gzipCharactersMin && "CompressionStream" in window) {
        payload = await new Response(payload.stream().pipeThrough(new CompressionStream("gzip"))).blob();
      }
      const response = await fetch(url, {
        method: "POST",
        body: payload,
        headers: { "content-type": "text/plain" },
        credentials: "omit",
        keepalive: urgent || payload.size <= keepaliveBytesMax,
        signal: AbortSignal.timeout(requestTimeoutMs),
      });
      const text = await response.text();
      return { status: response.status, retryAfter: response.headers.get("retry-after"), body: text };
    } catch {
      return { status: 0 }; // offline, blocked, timed out: whether it arrived is unknown, so it is sent again
    }
  };
}
