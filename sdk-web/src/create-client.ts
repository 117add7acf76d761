import type { Fields } from "@sluice/core";
import { complete } from "./check-options.ts";
import type { CompleteOptions, WebClient, WebOptions } from "./options.ts";
import { startClient } from "./shell/client.ts";

/**
 * Starts a client for this page or worker; where there is neither (server-side rendering) it does nothing.
 * Throws a `TypeError` that names the option when one cannot be used. A page has one client: called again for the same
 * source it returns that one, for another source it throws.
 *
 * @typeParam Events properties of each event by its name, to have names and properties checked by the compiler.
 */
export function createClient<Events extends object = Record<string, Fields>>(given: WebOptions): WebClient<Events> {
  const options = { ...given };
  const bad = complete(options);
  if (bad) throw new TypeError(`sluice: bad ${bad}`);
  if (!("location" in globalThis)) return inert as unknown as WebClient<Events>;
  if (started && `${started.writeKey} ${started.host}` !== `${options.writeKey} ${options.host}`) {
    throw new TypeError("sluice: bad writeKey: this page has a client for another source");
  }
  client ??= startClient(options as CompleteOptions);
  started ??= options;
  return client as unknown as WebClient<Events>;
}

let client: WebClient | undefined;
let started: WebOptions | undefined;

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
