import { Analytics as SegmentAnalytics } from "@segment/analytics-node";
import RudderAnalytics from "@rudderstack/rudder-sdk-node";
import { type EventResult, Sluice } from "@sluice/node";
import type { Call } from "./calls.ts";

/** Sends calls with an SDK and returns when the SDK holds them delivered. Throws when it could not deliver one. */
export type Driver = (calls: readonly Call[], host: string, writeKey: string) => Promise<void>;

/** @sluice/node, with small batches, so that there are several. */
export const driveNode: Driver = async (calls, host, writeKey) => {
  const client = new Sluice({ host, writeKey, flushAt: 5 });
  const results: EventResult[] = [];
  client.on("result", (result) => results.push(result));
  for (const call of calls) {
    const options = { timestamp: new Date(call.timeMs), ...sent(call) };
    if (call.type === "track") client.track({ ...whoOf(call), ...options, event: call.event ?? "" });
    else if (call.type === "identify") client.identify({ ...whoOf(call), ...options });
    else if (call.type === "page") client.page({ ...whoOf(call), ...options });
    else if (call.type === "screen") client.screen({ ...whoOf(call), ...options });
    else client.group({ ...whoOf(call), ...options, groupId: call.groupId ?? "" });
  }
  const report = await client.closeAndFlush();
  if (report.delivered.length !== calls.length || results.some((result) => result.outcome !== "delivered")) {
    throw new Error(`@sluice/node did not deliver everything: ${JSON.stringify(report)}`);
  }
};

/** @segment/analytics-node as published, told nothing but the host. */
export const driveSegment: Driver = async (calls, host, writeKey) => {
  const client = new SegmentAnalytics({ writeKey, host, flushAt: 5 });
  const errors: unknown[] = [];
  client.on("error", (error) => errors.push(error));
  for (const call of calls) {
    const options = { timestamp: new Date(call.timeMs), ...sent(call) };
    if (call.type === "track") client.track({ ...whoOf(call), ...options, event: call.event ?? "" });
    else if (call.type === "identify") client.identify({ ...whoOf(call), ...options });
    else if (call.type === "page") client.page({ ...whoOf(call), ...options });
    else if (call.type === "screen") client.screen({ ...whoOf(call), ...options });
    else client.group({ ...whoOf(call), ...options, groupId: call.groupId ?? "" });
  }
  await client.closeAndFlush({ timeout: 20_000 });
  if (errors.length > 0) throw new Error(`@segment/analytics-node did not deliver: ${JSON.stringify(errors[0])}`);
};

/** @rudderstack/rudder-sdk-node as published; every call's own callback says when its request was answered. */
export const driveRudder: Driver = async (calls, host, writeKey) => {
  const client = new RudderAnalytics(writeKey, {
    dataPlaneUrl: host,
    flushAt: 5,
    flushInterval: 200,
    logLevel: "error",
  });
  const answers = calls.map(
    (call) =>
      new Promise<void>((resolve, reject) => {
        const done = (error?: unknown): void => (error ? reject(new Error(`rudder: ${String(error)}`)) : resolve());
        const options = { timestamp: new Date(call.timeMs), ...(sent(call) as object) };
        if (call.type === "track") client.track({ ...whoOf(call), ...options, event: call.event ?? "" }, done);
        else if (call.type === "identify") client.identify({ ...whoOf(call), ...options }, done);
        else if (call.type === "page") client.page({ ...whoOf(call), ...options }, done);
        else if (call.type === "screen") client.screen({ ...whoOf(call), ...options, name: call.name ?? "" }, done);
        else client.group({ ...whoOf(call), ...options, groupId: call.groupId ?? "" }, done);
      }),
  );
  await Promise.all(answers);
};

function whoOf(call: Call): { userId: string; anonymousId?: string } | { anonymousId: string } {
  const { userId, anonymousId } = call;
  if (userId === null) return { anonymousId: anonymousId ?? "" };
  return anonymousId === null ? { userId } : { userId, anonymousId };
}

/** The free-form fields of a call, without those it does not have. */
function sent(call: Call): { name?: string; properties?: Record<string, unknown>; traits?: Record<string, unknown> } {
  return {
    ...(call.name !== null && { name: call.name }),
    ...(call.properties !== null && { properties: call.properties }),
    ...(call.traits !== null && { traits: call.traits }),
  };
}
