import type { Fields } from "@sluice/core";
import { checkOptions } from "./check-options.ts";
import type { WebClient, WebOptions } from "./options.ts";
import { startClient } from "./shell/client.ts";

/**
 * Starts a client for this page or worker; where there is neither (server-side rendering) it does nothing.
 * Throws a `TypeError` that names the option when one cannot be used.
 *
 * @typeParam Events properties of each event by its name, to have names and properties checked by the compiler.
 */
export function createClient<Events extends object = Record<string, Fields>>(options: WebOptions): WebClient<Events> {
  checkOptions(options);
  return ("location" in globalThis ? startClient(options) : inert) as WebClient<Events>;
}

/** The client of a place that is no page: it takes every call and does nothing. */
const inert: WebClient = {
  track: nothing,
  identify: nothing,
  page: nothing,
  screen: nothing,
  group: nothing,
  alias: nothing,
  register: nothing,
  reset: nothing,
  setConsent: nothing,
  use: () => nothing,
  on: () => nothing,
  ready: nothing,
  flush: () => Promise.resolve({ delivered: [], rejected: [], dropped: [], kept: [] }),
  anonymousId: () => "",
};

function nothing(): void {
  // there is nothing to record
}
