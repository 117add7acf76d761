import { type Call, callsOf } from "../judge/calls.ts";
import { type Driver, driveRudder, driveSegment } from "../judge/drivers.ts";
import type { RecordedRequest } from "../judge/proxy.ts";
import type { World } from "../judge/world.ts";
import { idsOf } from "./delivery.ts";
import { type Fault, faults, isAnswered } from "./faults.ts";
import { openPage, type Pages } from "./pages.ts";
import { webCalls } from "./web-calls.ts";
import { webSdks } from "./web-drivers.ts";

/** One SDK, one network. */
export interface Scenario {
  readonly sdk: string;
  readonly fault: Fault;
  /** Name of the source, and so of the rows that it made. */
  readonly source: string;
}

/** What came of it. */
export interface Outcome {
  readonly calls: readonly Call[];
  readonly requests: readonly RecordedRequest[];
  /** Why it did not come to its end, if so. */
  readonly error: unknown;
}

const nodeSdks: Readonly<Record<string, Driver>> = { "segment-node": driveSegment, "rudder-node": driveRudder };
const deliveryLimitMs = 40_000;

/** Names of the SDKs that run in Node. */
export const nodeSdkNames = Object.keys(nodeSdks);

/** Names of the SDKs that run in a browser. */
export const webSdkNames = Object.keys(webSdks);

/** Whether an SDK does not learn what became of its requests: the browser keeps the answers to beacons for itself. */
export function isBlind(sdk: string): boolean {
  return sdk === "rudder-web-beacon";
}

/**
 * Runs a scenario until the SDK has the answer to every event, or has posted every event when it learns of no answer. A page
 * stays open afterwards, so that it can still send what it should not.
 *
 * @param pages not needed for the SDKs of Node.
 */
export async function runScenario(
  world: World,
  { sdk, fault, source }: Scenario,
  pages: Pages | null,
): Promise<Outcome> {
  const nodeSdk = nodeSdks[sdk];
  const webSdk = webSdks[sdk];
  const calls = nodeSdk === undefined ? webCalls(source) : callsOf(source, Date.now());
  const proxy = await world.network(faults[fault]);
  const key = await world.key(source, nodeSdk === undefined ? "public" : "server");
  try {
    if (nodeSdk !== undefined) await nodeSdk(calls, proxy.url, key);
    else if (webSdk !== undefined && pages !== null) {
      const page = await openPage(pages, webSdk.script);
      await webSdk.drive(page, calls, proxy.url, key);
      await until(() => idsOf(isBlind(sdk) ? proxy.requests : proxy.requests.filter(isAnswered)).size >= calls.length);
    }
    return { calls, requests: proxy.requests, error: null };
  } catch (error) {
    return { calls, requests: proxy.requests, error };
  }
}

async function until(holds: () => boolean): Promise<void> {
  for (const endMs = performance.now() + deliveryLimitMs; !holds();) {
    if (performance.now() > endMs) throw new Error(`not delivered after ${deliveryLimitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
