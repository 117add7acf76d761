import type { Counters } from "../counters.ts";
import { sendsAtOnceMax, sendTimeMsMax, sendTriesMax, spillTimeMsMax } from "../limits.ts";
import type { PackedMessage } from "../pack.ts";
import type { LakePort, QueuePort } from "./env.ts";
import { logLine } from "./log.ts";
import type { OwnSpills } from "./own-spills.ts";
import { TimeLimits } from "./time-limit.ts";

/** Where spilled messages wait in R2. */
export const spillPrefix = "spill/";

/** What delivery needs. */
export interface DeliveryPorts {
  readonly queue: QueuePort;
  readonly lake: Pick<LakePort, "put">;
  readonly counters: Counters;
  readonly spills: OwnSpills;
  /** Those of the request that the messages come from. */
  readonly limits: TimeLimits;
  /** How long one try may take, ms. */
  readonly sendTimeMsMax: number;
}

/** The ports of production, for one request. */
export function deliveryPorts(
  env: { readonly EVENTS: QueuePort; readonly LAKE: LakePort },
  { counters, spills }: Pick<DeliveryPorts, "counters" | "spills">,
): DeliveryPorts {
  return { queue: env.EVENTS, lake: env.LAKE, counters, spills, limits: new TimeLimits(), sendTimeMsMax };
}

/**
 * Makes all messages of a request durable: each is in the queue or, when that does not take it, in R2 under
 * `spill/{receiptId}-{firstIndex}`. `false` when one is in neither; the sender is then told to send all of it again,
 * which is safe: what did arrive is recognized by its message ids. (Events without an id of their own get one from the
 * receipt, and a new request is a new receipt: of those, the part that did arrive is kept twice.)
 */
export async function deliver(
  messages: readonly PackedMessage[],
  receiptId: string,
  ports: DeliveryPorts,
): Promise<boolean> {
  for (let start = 0; start < messages.length; start += sendsAtOnceMax) {
    const group = messages.slice(start, start + sendsAtOnceMax);
    const outcomes = await Promise.all(group.map((message) => deliverOne(message, receiptId, ports)));
    if (outcomes.includes(false)) return false;
  }
  return true;
}

async function deliverOne(message: PackedMessage, receiptId: string, ports: DeliveryPorts): Promise<boolean> {
  if (await enqueue(message.bytes, ports)) {
    ports.counters.messageSent();
    ports.spills.sent();
    return true;
  }
  const key = `${spillPrefix}${receiptId}-${message.firstIndex}`;
  try {
    await ports.limits.within(ports.lake.put(key, message.bytes), spillTimeMsMax);
    ports.counters.messageSpilled();
    ports.spills.spilled([key]);
    return true;
  } catch (error) {
    logLine("error", "spill_failed", {}, error); // neither place took it: the request is answered 503
    return false;
  }
}

/** Sends one message with its own time limit and one more try. A try that was only slow may arrive twice: dedupe knows. */
export async function enqueue(
  bytes: Uint8Array,
  { queue, counters, limits, sendTimeMsMax: timeMsMax }: Omit<DeliveryPorts, "lake" | "spills">,
): Promise<boolean> {
  for (let tries = 1; tries <= sendTriesMax; tries++) {
    const startedMs = Date.now();
    try {
      await limits.within(queue.send(bytes, { contentType: "bytes" }), timeMsMax);
      counters.observe("sendMs", Date.now() - startedMs);
      return true;
    } catch (error) {
      counters.sendFailed();
      logLine("warn", "queue_send_failed", { tries }, error); // the next try or the spill follows
    }
  }
  return false;
}
