import type { RudderAnalytics as Rudder } from "@rudderstack/analytics-js/bundled";
import type { AnalyticsBrowser as Segment } from "@segment/analytics-next";
import type { Page } from "playwright-core";
import type { Call } from "../judge/calls.ts";
import type { SdkScript } from "./pages.ts";

/** A published web SDK in one of its modes. */
export interface WebSdk {
  readonly script: SdkScript;
  /** Makes the calls in a page that has loaded the script. Returns when they are made; their delivery goes on. */
  readonly drive: (page: Page, calls: readonly Call[], host: string, writeKey: string) => Promise<void>;
}

declare const AnalyticsBrowser: typeof Segment;
declare const RudderAnalytics: typeof Rudder;

type SegmentOptions = NonNullable<
  NonNullable<NonNullable<Parameters<typeof Segment.load>[1]>["integrations"]>["Segment.io"]
>;
type RudderOptions = NonNullable<Parameters<Rudder["load"]>[2]>;

const rudderBatch = { maxItems: 5, flushInterval: 1000 };

/** The web SDKs, told nothing but the host, the key and the mode; RudderStack's batches are made small, there are three. */
export const webSdks: Readonly<Record<string, WebSdk>> = {
  "segment-web": { script: "/segment.js", drive: driveSegment({}) },
  "segment-web-batching": {
    script: "/segment.js",
    drive: driveSegment({ deliveryStrategy: { strategy: "batching" } }),
  },
  "rudder-web-xhr": { script: "/rudder.js", drive: driveRudder({}) },
  "rudder-web-batch": {
    script: "/rudder.js",
    drive: driveRudder({ queueOptions: { batch: { enabled: true, ...rudderBatch } } }),
  },
  "rudder-web-beacon": {
    script: "/rudder.js",
    drive: driveRudder({
      useBeacon: true,
      beaconQueueOptions: { maxItems: rudderBatch.maxItems, flushQueueInterval: rudderBatch.flushInterval },
    }),
  },
};

/** Segment told only where to ask for its settings: the reply says where to send. Returns when all was answered. */
export function driveSegmentBySettings(page: Page, calls: readonly Call[], host: string, key: string): Promise<void> {
  return segmentInPage(page, { calls, host, key, options: null });
}

function driveSegment(mode: object): WebSdk["drive"] {
  return (page, calls, host, key) => {
    const options = { apiHost: `${new URL(host).host}/v1`, protocol: "http" as const, ...mode };
    return segmentInPage(page, { calls, host, key, options });
  };
}

/** What a page is told, as JSON text. */
interface Visit<Options> {
  readonly calls: readonly Call[];
  readonly host: string;
  readonly key: string;
  readonly options: Options;
}

async function segmentInPage(page: Page, visit: Visit<SegmentOptions | null>): Promise<void> {
  await page.evaluate(async (text) => {
    const { calls, host, key, options } = JSON.parse(text) as Visit<SegmentOptions | null>;
    const integrations = options === null ? {} : { integrations: { "Segment.io": options } };
    const [analytics] = await AnalyticsBrowser.load({ writeKey: key, cdnURL: host }, integrations);
    const sent: Promise<unknown>[] = [];
    let isNamed = false;
    for (const { type, name, event, userId, groupId, properties, traits } of calls) {
      if (type === "page") sent.push(analytics.page(name ?? "", properties ?? {}));
      else if (type === "track") sent.push(analytics.track(event ?? "", properties ?? {}));
      else if (type === "identify") sent.push(analytics.identify(userId ?? "", traits ?? {}));
      else if (type === "group") sent.push(analytics.group(groupId ?? "", traits ?? {}));
      else sent.push(analytics.alias(userId ?? ""));
      // What is still waiting when identify() is called leaves as that user's: so each waits for its turn until then.
      if (!isNamed) await Promise.all(sent);
      isNamed ||= type === "identify";
    }
    if (options === null) await Promise.all(sent);
  }, JSON.stringify(visit));
}

function driveRudder(options: RudderOptions): WebSdk["drive"] {
  return async (page, calls, host, key) => {
    const visit: Visit<RudderOptions> = { calls, host, key, options };
    await page.evaluate((text) => {
      const told = JSON.parse(text) as Visit<RudderOptions>;
      const rudder = new RudderAnalytics();
      rudder.load(told.key, told.host, { configUrl: told.host, ...told.options });
      for (const { type, name, event, userId, groupId, properties, traits } of told.calls) {
        if (type === "page") rudder.page(name ?? "", properties as never);
        else if (type === "track") rudder.track(event ?? "", properties as never);
        else if (type === "identify") rudder.identify(userId ?? "", traits as never);
        else if (type === "group") rudder.group(groupId ?? "", traits as never);
        else rudder.alias(userId ?? "");
      }
    }, JSON.stringify(visit));
  };
}
