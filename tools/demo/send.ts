import { type EventResult, Sluice } from "@sluice/node";
import { type BrokenClient, createBrokenClient } from "./broken-client.ts";
import type { DemoEvent, Delivery } from "./event.ts";

/** What became of everything that was sent. */
export interface SendReport {
  /** Events that were handed to the SDK or the broken client, duplicates included. */
  readonly sent: number;
  /** Events that the edge took, duplicates included. */
  readonly accepted: number;
  /** Of those, the ones sent before: the log must drop them. */
  readonly duplicates: number;
  readonly rejected: number;
  /** Sentences about what should not have happened. The numbers cannot be trusted unless it is empty. */
  readonly failures: readonly string[];
}

/** Where to send. */
export interface SendTarget {
  readonly ingestUrl: string;
  readonly serverKey: string;
}

/** Events per request: the default of 100 is for servers that send a few events a second. */
const batchEvents = 500;
/** The last events may take this long, ms: the edge answers when the queue holds them, not later. */
const flushTimeoutMs = 60_000;
const failuresMax = 5;

/**
 * Sends a stream through the Node SDK, as fast as it takes it; broken events go past it, as no SDK would send
 * them. Holds no more than the SDK's bounded queue.
 *
 * @param onProgress told how many events were handed over, after each of them.
 */
export async function sendAll(
  deliveries: Iterable<Delivery>,
  target: SendTarget,
  onProgress: (sent: number) => void,
): Promise<SendReport> {
  const { ingestUrl, serverKey } = target;
  const client = new Sluice({ host: ingestUrl, writeKey: serverKey, flushAt: batchEvents, log: () => undefined });
  const broken = createBrokenClient(ingestUrl, serverKey);
  const counts = { sent: 0, accepted: 0, duplicates: 0, rejected: 0 };
  const failures = new Map<string, number>();
  client.on("result", (result) => {
    if (result.outcome === "delivered") counts.accepted++;
    else failures.set(failureOf(result), (failures.get(failureOf(result)) ?? 0) + 1);
  });
  for (const delivery of deliveries) {
    await handOver(delivery, client, broken);
    counts.sent++;
    if (delivery.kind === "duplicate") counts.duplicates++;
    onProgress(counts.sent);
  }
  await client.closeAndFlush({ timeoutMs: flushTimeoutMs });
  const brokenReport = await broken.finish();
  counts.rejected = brokenReport.rejected;
  const sentences = [...failures].map(([failure, count]) => `${count} good events: ${failure}`);
  return { ...counts, failures: [...sentences, ...brokenReport.surprises].slice(0, failuresMax) };
}

async function handOver(delivery: Delivery, client: Sluice, broken: BrokenClient): Promise<void> {
  if (delivery.kind === "invalid") {
    await broken.send(delivery.raw, delivery.reason);
    return;
  }
  call(client, delivery.event);
  await client.ready();
}

function call(client: Sluice, event: DemoEvent): void {
  const { type, event: eventName, userId, anonymousId, ...options } = event;
  const who = userId === undefined ? { anonymousId: anonymousId ?? "" } : { userId, anonymousId };
  if (type === "track") client.track({ ...who, ...options, event: eventName ?? "" });
  else if (type === "identify") client.identify({ ...who, ...options });
  else if (type === "page") client.page({ ...who, ...options });
  else if (type === "screen") client.screen({ ...who, ...options });
  else throw new Error(`the demo makes no ${type} events`);
}

function failureOf(result: Exclude<EventResult, { outcome: "delivered" }>): string {
  return `${result.outcome} (${result.reason})`;
}
