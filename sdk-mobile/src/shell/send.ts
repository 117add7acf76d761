import type { SendReply, SendRequest } from "@sluice/core";
import { gzipSync } from "fflate";
import type { MobileFetch } from "../ports.ts";
import { utf8 } from "../utf8.ts";
import { setTimer } from "./platform.ts";

interface Abort {
  readonly signal: unknown;
  abort(): void;
}

interface Globals {
  readonly fetch?: MobileFetch;
  readonly AbortController?: new () => Abort;
}
const globals = globalThis as unknown as Globals;

/** Longest time for one request, ms. */
const requestTimeoutMs = 30_000;

/** Shorter bodies are sent as they are, characters: compression would hardly shorten them. */
const gzipCharactersMin = 1024;

/**
 * Makes the function that sends one batch. It never rejects: no answer within 30 s is status 0.
 *
 * React Native's fetch takes bytes as a body; `content-encoding` does not make it compress them again, as it would a text.
 */
export function createSend(
  host: string,
  given: MobileFetch | undefined,
  gzip: boolean,
): (request: SendRequest) => Promise<SendReply> {
  const url = `${host.replace(/\/+$/, "")}/v1/batch`;
  return ({ body }) =>
    new Promise((resolve) => {
      const fetch = given ?? globals.fetch;
      const abort = globals.AbortController && new globals.AbortController();
      const giveUp = (): void => resolve({ status: 0 });
      const cancel = setTimer(() => (giveUp(), abort?.abort()), requestTimeoutMs);
      const ask = async (): Promise<void> => {
        if (fetch === undefined) return giveUp();
        const packed = gzip ? compress(body) : null;
        const headers: Record<string, string> = { "content-type": "application/json" };
        if (packed) headers["content-encoding"] = "gzip";
        const response = await fetch(url, {
          method: "POST",
          headers,
          body: packed ?? body,
          ...(abort && { signal: abort.signal }),
        });
        const retryAfter = response.headers.get("retry-after");
        resolve({ status: response.status, retryAfter, body: await response.text() });
      };
      ask().catch(giveUp).finally(cancel);
    });
}

/** The text as gzip; `null` where that is not worth it, or fails. */
function compress(text: string): Uint8Array<ArrayBuffer> | null {
  if (text.length < gzipCharactersMin) return null;
  try {
    return gzipSync(utf8(text), { mtime: 0 });
  } catch {
    return null; // out of memory: the plain text is already there
  }
}
