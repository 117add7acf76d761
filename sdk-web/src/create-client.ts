import { startClient } from "./client.ts";
import type { WebClient, WebOptions } from "./options.ts";

/**
 * Starts a client for this page. Where there is no page (server-side rendering) it does nothing; without `host`
 * or `writeKey` it warns and does nothing.
 */
export function createClient(options: WebOptions): WebClient {
  if (!("document" in globalThis)) return inert;
  if (options?.host && options.writeKey) return startClient(options);
  console.warn("@sluice/web: options host and writeKey are needed; no event is recorded");
  return inert;
}

/** The client of a place that is no page: it takes every call and does nothing. */
const inert: WebClient = {
  track: nothing,
  identify: nothing,
  page: nothing,
  screen: nothing,
  group: nothing,
  alias: nothing,
  reset: nothing,
  flush: () => Promise.resolve({ delivered: [], rejected: [], dropped: [], kept: [] }),
  anonymousId: () => "",
};

function nothing(): void {
  // there is nothing to record
}
