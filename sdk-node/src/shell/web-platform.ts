import { utf8Bytes } from "@sluice/core";
import type { Platform } from "../platform.ts";
import { createFetchSend } from "./fetch-send.ts";
import { setTimer } from "./timers.ts";

/** A runtime with web APIs and nothing else: Cloudflare Workers, Vercel's edge. No disk, no process that ends. */
export const webPlatform: Platform = {
  now: () => Date.now(),
  random: (bytes) => void crypto.getRandomValues(bytes),
  setTimer,
  holdProcess: (promise) => promise,
  utf8Bytes,
  createSend: (options) => createFetchSend(options, options.fetch ?? ((url, init) => fetch(url, init))),
  openSpool: null,
  drainAtExit: null,
};
