import type { SendReply, SendRequest } from "@sluice/core";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { ReadOptions } from "../options.ts";

const compress = promisify(gzip);

/** Bodies below this are sent plain: gzip would save less than a packet. */
const gzipBytesMin = 1024;

/** Makes the function that sends one batch over HTTP. It never rejects: no answer is status 0. */
export function createSend(options: ReadOptions): (request: SendRequest) => Promise<SendReply> {
  return async (request) => {
    try {
      const zipped = options.gzip && !request.urgent && request.body.length >= gzipBytesMin;
      const headers: Record<string, string> = { "content-type": "application/json" };
      if (zipped) headers["content-encoding"] = "gzip";
      const response = await fetch(`${options.host}/v1/batch`, {
        method: "POST",
        headers,
        body: zipped ? await compress(request.body) : request.body,
        signal: AbortSignal.timeout(options.requestTimeoutMs),
      });
      const body = await response.text();
      return { status: response.status, retryAfter: response.headers.get("retry-after"), body };
    } catch {
      return { status: 0 }; // refused, reset, timed out: whether it arrived is unknown, so it is sent again
    }
  };
}
