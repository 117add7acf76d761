/*
 * @sluice/node where there are web APIs and nothing else: Cloudflare Workers, Vercel's edge.
 * Called by code that is bundled for such a place, which the condition "workerd", "worker" or "edge-light" tells.
 * It never throws into its host (but for unusable options), never leaves a rejection unhandled, never
 * holds more than its queue in memory and never keeps a process alive that waits for nothing.
 */
import { Client, type EventMap, type EventsOf } from "./client.ts";
import type { SluiceOptions } from "./options.ts";
import { webPlatform } from "./shell/web-platform.ts";

/** The Sluice client for servers; see {@link Client}. */
export class Sluice<Events extends EventsOf<Events> = EventMap> extends Client<Events> {
  /** Throws a `TypeError` naming the option when one is not usable. */
  constructor(options: SluiceOptions) {
    super(options, webPlatform);
  }
}

/** Makes a client; `createClient<MyEvents>(options)` makes one whose `track` knows a team's events. */
export function createClient<Events extends EventsOf<Events> = EventMap>(options: SluiceOptions): Sluice<Events> {
  return new Sluice(options);
}

export * from "./types.ts";
