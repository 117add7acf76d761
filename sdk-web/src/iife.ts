/*
 * The script that a page loads as {host}/sluice.js; rollup bundles it to dist/sluice.min.js.
 * It defines window.sluice. With the snippet it takes over at once and replays the calls queued so far; without
 * it, window.sluice.load({host, writeKey}) starts a client and puts it in its own place.
 */
import type { CompleteOptions, WebClient, WebOptions } from "./options.ts";
import { complete } from "./check-options.ts";
import { client, startClient } from "./shell/client.ts";

/** What the snippet left in `window.sluice`. */
interface Queued {
  readonly o: WebOptions;
  /** Absent in a client: the script was loaded before. */
  readonly q?: readonly (readonly [keyof WebClient, Iterable<unknown>])[];
}

type Loader = { load(options: WebOptions): WebClient };

const page = globalThis as unknown as { sluice?: Queued | WebClient | Loader };

/** Never throws into the page: with an option that cannot be used, the console says its name, and the client does nothing. */
const load = (given: WebOptions): WebClient => {
  const options = { ...given };
  const bad = complete(options);
  if (bad) console.error(`sluice: bad ${bad}`);
  else startClient(options as CompleteOptions);
  return (page.sluice = client);
};

const before = page.sluice as Queued | undefined;
if (!before) page.sluice = { load };
else if (before.q) {
  const client = load(before.o);
  for (const [method, values] of before.q) (client[method] as (...given: unknown[]) => unknown)(...values);
}
