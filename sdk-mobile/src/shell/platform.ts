import type { SendReply, SendRequest } from "@sluice/core";
import type { MobileFetch } from "../ports.ts";

declare function setTimeout(run: () => void, delayMs: number): unknown;
declare function clearTimeout(timer: unknown): void;

interface Globals {
  readonly fetch?: MobileFetch;
  readonly crypto?: { getRandomValues?(bytes: Uint8Array<ArrayBuffer>): unknown };
}
const globals = globalThis as unknown as Globals;

/** Longest time for one request, ms. */
const requestTimeoutMs = 30_000;

/** The device's wall clock, ms since 1970. */
export const now = (): number => Date.now();

/** Runs a function once after a time; returns what cancels it. */
export function setTimer(run: () => void, delayMs: number): () => void {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
}

/** Random bytes: the platform's own where a polyfill brings them (Hermes has none). Ids need to differ, not be secret. */
export function random(bytes: Uint8Array<ArrayBuffer>): void {
  if (globals.crypto?.getRandomValues) globals.crypto.getRandomValues(bytes);
  else bytes.forEach((_, i) => (bytes[i] = Math.floor(Math.random() * 256)));
}

/** Makes the function that sends one batch. It never rejects: no answer within 30 s is status 0. */
export function createSend(host: string, given?: MobileFetch): (request: SendRequest) => Promise<SendReply> {
  const url = `${host.replace(/\/+$/, "")}/v1/batch`;
  return ({ body }) =>
    new Promise((resolve) => {
      const fetch = given ?? globals.fetch;
      const giveUp = (): void => resolve({ status: 0 });
      const cancel = setTimer(giveUp, requestTimeoutMs);
      const ask = async (): Promise<void> => {
        if (fetch === undefined) return giveUp();
        const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
        const retryAfter = response.headers.get("retry-after");
        resolve({ status: response.status, retryAfter, body: await response.text() });
      };
      ask().catch(giveUp).finally(cancel);
    });
}
