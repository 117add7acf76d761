import type { CallOptions } from "@sluice/core";
import type { EventType } from "@sluice/schema";
import type { CompleteOptions, WebClient } from "../options.ts";
import { use } from "../plugins.ts";
import { flush, startDelivery } from "./delivery.ts";
import { anonymousId, readIdentity, resetIdentity, saveIdentity } from "./identity.ts";
import { onPageView } from "./page.ts";
import { call, setConsent } from "./recorder.ts";
import { configure } from "./settings.ts";

/** The calls that make events: type, and the fields that their two arguments are. */
const calls = [
  ["track", "event", "properties"],
  ["identify", "userId", "traits"],
  ["page", "name", "properties"],
  ["screen", "name", "properties"],
  ["group", "groupId", "traits"],
  ["alias", "userId", "previousId"],
] as const satisfies readonly (readonly [EventType, string, string])[];

export const client = {
  register(properties) {
    const identity = readIdentity();
    Object.assign(identity[5], properties);
    saveIdentity(identity);
  },
  reset: resetIdentity,
  setConsent,
  use,
  on: (outcome, listener) =>
    use({ after: (notice) => notice.outcome === outcome && listener(notice as Parameters<typeof listener>[0]) }),
  ready: (callback) => callback(),
  flush,
  anonymousId,
} as WebClient;

for (const [type, first, second] of calls) {
  client[type] = (value: unknown, fields?: unknown, given?: CallOptions) =>
    call(type, { [first]: value, [second]: fields }, given);
}

/** Starts the client of this page or worker. */
export function startClient(options: CompleteOptions): WebClient {
  configure(options);
  startDelivery();
  if (options.pageViews) onPageView(() => client.page());
  return client;
}
