import type { SendReply, SendRequest } from "@sluice/core";
import type { Fetch, ReadOptions } from "../options.ts";
import { gzipBytesMin, replyBytesMax } from "./send-limits.ts";
import { setTimer } from "./timers.ts";

/** Makes the function that sends one batch with `fetch`. It never rejects: no answer is status 0. */
export function createFetchSend(options: ReadOptions, fetch: Fetch): (request: SendRequest) => Promise<SendReply> {
  return async ({ body }) => {
    const limit = new AbortController();
    const cancel = setTimer(() => limit.abort(), options.requestTimeoutMs);
    try {
      const isZipped = options.gzip && body.length >= gzipBytesMin;
      const headers: Record<string, string> = { "content-type": "application/json" };
      if (isZipped) headers["content-encoding"] = "gzip";
      const response = await fetch(`${options.host}/v1/batch`, {
        method: "POST",
        headers,
        body: isZipped ? await compress(body) : body,
        redirect: "manual",
        signal: limit.signal,
      });
      const retryAfter = response.headers.get("retry-after");
      return { status: response.status, retryAfter, body: await readText(response) };
    } catch {
      return { status: 0 }; // refused, reset, timed out: whether it arrived is unknown, so it is sent again
    } finally {
      cancel();
    }
  };
}

function compress(text: string): Promise<ArrayBuffer> {
  return new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
}

/** The reply's text; throws when it is longer than any reply of Sluice's. */
async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > replyBytesMax) throw new Error("the reply is too long");
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
