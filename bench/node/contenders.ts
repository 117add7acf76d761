import { setImmediate } from "node:timers/promises";
import { callOf } from "./calls.ts";
import { batchEvents, sendFloor } from "./floor.ts";

/** Sends so many events to a host and returns when its client says that they are delivered. */
export type Contender = (host: string, writeKey: string, events: number) => Promise<void>;

/** Calls between two turns of the event loop: no server makes 200,000 calls in one. */
const callsPerTurn = 100;

/** RudderStack's client writes its whole queue as JSON at every call, so it is fastest when the queue is short and awaited. */
const rudderBatchEvents = 100;

/** By name; each imports its package itself, so that a process loads one of them only. */
export const contenders: Readonly<Record<string, Contender>> = {
  floor: sendFloor,
  "@sluice/node": async (host, writeKey, events) => {
    const { createClient } = await import("@sluice/node");
    const client = createClient({ host, writeKey });
    for (let index = 0; index < events; index++) {
      await client.ready();
      client.track(callOf(index));
    }
    const report = await client.closeAndFlush({ timeoutMs: Infinity });
    if (report.dropped.length > 0) throw new Error(`${report.dropped.length} events were dropped`);
  },
  "@segment/analytics-node": async (host, writeKey, events) => {
    const { Analytics } = await import("@segment/analytics-node");
    const client = new Analytics({ writeKey, host, flushAt: batchEvents });
    await inTurns(events, (index) => client.track(callOf(index)));
    await client.closeAndFlush();
  },
  "@rudderstack/rudder-sdk-node": async (host, writeKey, events) => {
    const { default: Analytics } = await import("@rudderstack/rudder-sdk-node");
    const client = new Analytics(writeKey, { dataPlaneUrl: host, flushAt: rudderBatchEvents });
    for (let index = 0; index < events; index++) {
      client.track(callOf(index));
      if (index % rudderBatchEvents === 0) await client.flush();
    }
    await client.flush();
  },
  "posthog-node": async (host, writeKey, events) => {
    const { PostHog } = await import("posthog-node");
    const client = new PostHog(writeKey, {
      host,
      flushAt: batchEvents,
      maxBatchSize: batchEvents,
      maxQueueSize: events,
    });
    await inTurns(events, (index) => {
      const { userId, event, properties } = callOf(index);
      client.capture({ distinctId: userId, event, properties });
    });
    await client.shutdown(600_000);
  },
};

async function inTurns(events: number, call: (index: number) => void): Promise<void> {
  for (let index = 0; index < events; index++) {
    call(index);
    if (index % callsPerTurn === 0) await setImmediate();
  }
}
