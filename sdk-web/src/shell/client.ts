import { checkOptions } from "../check-options.ts";
import type { WebClient, WebOptions } from "../options.ts";
import { use } from "../plugins.ts";
import { flush, startDelivery } from "./delivery.ts";
import { newIdentity, readIdentity, saveIdentity } from "./identity.ts";
import { onPageView, pageFields } from "./page.ts";
import { call, setConsent } from "./recorder.ts";
import { configure } from "./settings.ts";

/** The client of this page or worker. Before {@link startClient} its methods must not be called. */
const client: WebClient = {
  track: (event, ...[properties, given]) => call("track", { event, properties }, given),
  identify: (userId, traits, given) =>
    call("identify", { traits }, given, (identity) => {
      identity[1] = userId || identity[1];
    }),
  page: (name, properties, given) => call("page", { name, properties: { ...pageFields(), ...properties } }, given),
  screen: (name, properties, given) => call("screen", { name, properties }, given),
  group: (groupId, traits, given) => call("group", { groupId, traits }, given),
  alias: (userId, previousId, given) =>
    call("alias", { userId }, given, (identity) => ({ previousId: previousId || identity[1] || identity[0] })),
  register(properties) {
    const identity = readIdentity();
    identity[5] = { ...identity[5], ...properties };
    saveIdentity(identity);
  },
  reset: () => saveIdentity(newIdentity()),
  setConsent,
  use,
  on: (outcome, listener) =>
    use({ after: (notice) => notice.outcome === outcome && listener(notice as Parameters<typeof listener>[0]) }),
  ready: (callback) => callback(),
  flush,
  anonymousId() {
    const identity = readIdentity();
    saveIdentity(identity);
    return identity[0];
  },
};

/** Starts the client of this page. Throws a `TypeError` that names an option that cannot be used. */
export function startClient(options: WebOptions): WebClient {
  checkOptions(options);
  configure(options);
  startDelivery();
  if (options.pageViews) onPageView(client.page);
  return client;
}
