import type { Fields } from "@sluice/core";
import { jsonCopy } from "./calls.ts";
import { checkOptions } from "./check-options.ts";
import type { MobileClient, MobileOptions } from "./options.ts";
import { createRuntime } from "./runtime.ts";
import { watchApp } from "./watch-app.ts";
import { watchNetwork } from "./watch-network.ts";

/**
 * Starts a client. Events of earlier runs are sent first. Throws a `TypeError` that names the option when one cannot be used.
 *
 * @typeParam Events properties of each event by its name, to have names and properties checked by the compiler.
 */
export function createClient<Events extends object = Record<string, Fields>>(
  options: MobileOptions,
): MobileClient<Events> {
  checkOptions(options);
  return startClient(options) as unknown as MobileClient<Events>;
}

function startClient(options: MobileOptions): MobileClient {
  const network = watchNetwork(options.netInfo, () => runtime.delivery.wake());
  const runtime = createRuntime(options, () => ({ ...options.context, ...network.context() }));
  const { call, inOrder, visitor, delivery, plugins } = runtime;
  runtime.setConsent(options.consent ?? "granted");
  const stopWatching = watchApp(options, {
    record: (event, calledMs) => void call("track", event, undefined, calledMs),
    left: () => inOrder(delivery.hurry),
    back: delivery.wake,
  });

  return {
    track: (event, ...rest) => call("track", { event, properties: rest[0] }, rest[1]),
    identify: (userId, traits, given) => call("identify", { userId, traits }, given),
    screen: (name, properties, given) => call("screen", { name, properties }, given),
    group: (groupId, traits, given) => call("group", { groupId, traits }, given),
    alias: (userId, previousId, given) => call("alias", { userId, previousId }, given),
    register(properties) {
      const copy = jsonCopy(properties);
      if (copy !== null) inOrder(() => visitor.register(copy));
    },
    reset: () => inOrder(() => visitor.rename("")),
    setConsent: runtime.setConsent,
    use: plugins.use,
    on: (outcome, listener) =>
      plugins.use({
        after: (notice) => notice.outcome === outcome && listener(notice as Parameters<typeof listener>[0]),
      }),
    flush: runtime.flush,
    anonymousId: (given) =>
      new Promise((resolve) => {
        inOrder(
          () => {
            if (given) visitor.rename(given);
            resolve(visitor.identity().anonymousId);
          },
          () => resolve(given || visitor.identity().anonymousId),
        );
      }),
    close() {
      stopWatching();
      network.stop();
      delivery.close();
    },
  };
}
