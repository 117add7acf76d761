/*
 * @sluice/node: the Sluice SDK for servers and scripts, where there is a process: Node, Bun, Deno, AWS Lambda, Vercel.
 * Called by a team's own backend code, by sluice-import, and by the demo of this repository.
 * It never throws into its host (but for unusable options), never leaves a rejection unhandled, never
 * holds more than its queue in memory and never keeps a process alive that waits for nothing.
 */
import { Client, type EventMap, type EventsOf } from "./client.ts";
import type { SluiceOptions } from "./options.ts";
import { nodePlatform } from "./shell/node-platform.ts";

/** The Sluice client for servers; see {@link Client}. */
export class Sluice<Events extends EventsOf<Events> = EventMap> extends Client<Events> {
  /** Throws a `TypeError` naming the option when one is not usable. */
  constructor(options: SluiceOptions) {
    super(options, nodePlatform);
  }
}

/** Makes a client; `createClient<MyEvents>(options)` makes one whose `track` knows a team's events. */
export function createClient<Events extends EventsOf<Events> = EventMap>(options: SluiceOptions): Sluice<Events> {
  return new Sluice(options);
}

export * from "./types.ts";
