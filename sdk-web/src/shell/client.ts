import type { WebClient, WebOptions } from "../options.ts";
import { createPlugins } from "../plugins.ts";
import { handOver, takeOver } from "./link.ts";
import { onPageView, pageFields } from "./page.ts";
import { createRecorder } from "./recorder.ts";

/** Starts a client, on a page or in a worker. The options are those that `checkOptions` has let through. */
export function startClient(options: WebOptions): WebClient {
  const plugins = createPlugins();
  const { call, delivery, keeper, setConsent } = createRecorder(options, plugins);
  const { use } = plugins;
  const anonymousId = (): string => {
    const identity = keeper.read();
    keeper.save(identity);
    return identity[0];
  };

  const client: WebClient = {
    track: (event, ...[properties, given]) => call("track", { event, properties }, given),
    identify: (userId, traits, given) =>
      call("identify", { traits }, given, (identity) => void (identity[1] = userId || identity[1])),
    page: (name, properties, given) => call("page", { name, properties: { ...pageFields(), ...properties } }, given),
    screen: (name, properties, given) => call("screen", { name, properties }, given),
    group: (groupId, traits, given) => call("group", { groupId, traits }, given),
    alias: (userId, previousId, given) =>
      call("alias", { userId }, given, (identity) => ({ previousId: previousId || identity[1] || identity[0] })),
    register(properties) {
      const identity = keeper.read();
      identity[5] = { ...identity[5], ...properties };
      keeper.save(identity);
    },
    reset: () => keeper.save(keeper.renew()),
    setConsent,
    use,
    on: (outcome, listener) =>
      use({ after: (notice) => notice.outcome === outcome && listener(notice as Parameters<typeof listener>[0]) }),
    ready: (callback) => callback(),
    flush: (timeoutMs = 10_000) => delivery.flush(timeoutMs),
    anonymousId,
  };

  if (options.linkedHosts) {
    const id = takeOver(options.linkedHosts);
    if (id) keeper.save(Object.assign(keeper.read(), [id]));
    handOver(options.linkedHosts, anonymousId);
  }
  if (options.pageViews) onPageView(client.page);
  return client;
}
