import type { Fields } from "@sluice/core";
import type { MobileNetInfo } from "./ports.ts";

/** What is known of the network. */
export interface Network {
  /** `{ network: { wifi, cellular } }` once the system has told it. */
  readonly context: () => Fields;
  readonly stop: () => void;
}

/** @param back called when the device is connected again. */
export function watchNetwork(netInfo: MobileNetInfo | undefined, back: () => void): Network {
  let context: Fields = {};
  const stop = netInfo?.addEventListener(({ isConnected, type }) => {
    if (type !== undefined && type !== "unknown") {
      context = { network: { wifi: type === "wifi", cellular: type === "cellular" } };
    }
    if (isConnected) back();
  });
  return { context: () => context, stop: () => stop?.() };
}
