import { gunzipSync } from "node:zlib";
import { encodeQueueMessage, hourMs } from "@sluice/schema";
import { project } from "../cost/runtime.ts";
import { trafficOf } from "../cost/traffic.ts";
import { userAgents } from "../rows/user-agents.ts";

/** What the consumer of a shop gets. */
export interface LogTraffic {
  /** Bodies of calls: messages behind their lengths, as many as a queue batch has. */
  readonly calls: readonly Buffer[];
  readonly events: number;
  /** JSON of the events as sent, one text for each request. */
  readonly bodies: readonly string[];
  /** Begin of the hour in which they happened, ms. */
  readonly startMs: number;
}

/** Messages of one call: a full batch of the queue. */
const messagesPerCall = 100;

/** Visits of a shop within one hour, `size` events a message, each event with an id of its own. */
export function logTraffic(seed: string, size: number, events: number): LogTraffic {
  const traffic = trafficOf(seed);
  const startMs = Math.floor(Date.now() / hourMs) * hourMs - hourMs;
  const count = Math.ceil(events / size);
  const bodies: string[] = [];
  const messages = Array.from({ length: count }, (_, i) => {
    const atMs = startMs + 60_000 + Math.floor((i * 3_400_000) / count);
    const body = traffic.body("key", atMs, 0, size);
    bodies.push(gunzipSync(body).toString());
    const message = encodeQueueMessage({ receipt: receiptOf(seed, i, atMs, size), body });
    const length = Buffer.alloc(4);
    length.writeUInt32BE(message.length);
    return Buffer.concat([length, message]);
  });
  const calls = Array.from({ length: Math.ceil(count / messagesPerCall) }, (_, i) =>
    Buffer.concat(messages.slice(i * messagesPerCall, (i + 1) * messagesPerCall)),
  );
  return { calls, events: count * size, bodies, startMs };
}

/** The receipt of a request of that traffic. */
export function receiptOf(seed: string, index: number, receivedAtMs: number, eventCount: number) {
  return {
    receiptId: `${seed} ${index}`,
    receivedAtMs,
    isolateId: "isolate",
    sequence: index,
    project,
    source: "web",
    keyKind: "public",
    keySerial: 1,
    sentAtMs: receivedAtMs - 200,
    clockOffsetMs: 0,
    geo: { country: "AT", region: "9", city: "Vienna" },
    ip: "192.0.2.0",
    userAgent: userAgents[index % userAgents.length] ?? null,
    impliedType: null,
    firstIndex: 0,
    eventCount,
    rejected: [],
    rulesVersion: 1,
  } as const;
}
