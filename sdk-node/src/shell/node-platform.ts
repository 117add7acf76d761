import { randomFillSync } from "node:crypto";
import type { Platform } from "../platform.ts";
import { drainAtExit } from "./exit.ts";
import { createFetchSend } from "./fetch-send.ts";
import { createHttpSend } from "./http-send.ts";
import { openDiskSpool } from "./disk-spool.ts";
import { setTimer, timerMsMax } from "./timers.ts";

/** Node, and what is like it: Bun, Deno, AWS Lambda, Vercel's functions. */
export const nodePlatform: Platform = {
  now: () => Date.now(),
  random: (bytes) => void randomFillSync(bytes),
  setTimer,
  holdProcess,
  utf8Bytes: (json) => Buffer.byteLength(json),
  createSend: (options) => (options.fetch ? createFetchSend(options, options.fetch) : createHttpSend(options)),
  openSpool: openDiskSpool,
  drainAtExit,
};

/** Keeps the process alive until the promise is settled: somebody awaits what unreferenced timers will bring. */
async function holdProcess<T>(promise: Promise<T>): Promise<T> {
  const hold = setInterval(() => undefined, timerMsMax);
  try {
    return await promise;
  } finally {
    clearInterval(hold);
  }
}
