/*
 * The script that a page loads as {host}/sluice.js; rollup bundles it to dist/sluice.min.js.
 * It defines window.sluice. With the snippet it takes over at once and replays the calls queued so far; without
 * it, window.sluice.load({host, writeKey}) starts a client and puts it in its own place.
 */
import type { WebClient, WebOptions } from "./options.ts";
import { startClient } from "./shell/client.ts";

/** What the snippet left in `window.sluice`. */
interface Queued {
  readonly o: WebOptions;
  /** Absent in a client: the script was loaded before. */
  readonly q?: readonly (readonly [keyof WebClient, Iterable<unknown>])[];
}

type Loader = { load(options: WebOptions): WebClient };

const page = globalThis as unknown as { sluice?: Queued | WebClient | Loader };

/** Options are checked where the snippet is made, by `snippet()`; a page that calls this itself is trusted with them. */
const load = (options: WebOptions): WebClient => (page.sluice = startClient(options));

const before = page.sluice as Queued | undefined;
if (!before) page.sluice = { load };
else if (before.q) {
  const client = load(before.o);
  for (const [method, values] of before.q) (client[method] as (...given: unknown[]) => unknown)(...values);
}
