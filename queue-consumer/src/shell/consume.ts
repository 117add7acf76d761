import type { Message, MessageBatch, R2Bucket } from "@cloudflare/workers-types";
import { type ShardLogRpc, shardsMax } from "@sluice/schema";
import { type MessageSlice, planAppends, type PlannedAppend } from "../consume/append-requests.ts";
import { openMessage } from "../consume/decode-message.ts";
import { sliceOf } from "../consume/message-slice.ts";
import { deadLetterPace, eventPace, retryDelaySeconds } from "../consume/retry-delay.ts";
import { packAppend } from "../log/packed-append.ts";
import { routeSlice } from "../consume/route-slice.ts";
import type { Counters } from "./counters.ts";
import { storeDeadLetter } from "./dead-letter.ts";

/** What the consumer needs of its surroundings. */
export interface ConsumePorts {
  readonly lake: Pick<R2Bucket, "put">;
  readonly logOf: (name: string) => Pick<ShardLogRpc, "append">;
  readonly random: () => number;
  readonly counters: Counters;
  /** Shards of the projects that are known to have several; learned from logs that refuse what moved to others. */
  readonly shardCounts: Map<string, number>;
}

/** Decompressed bytes of messages that are handled together. */
const sliceBytesMax = 16_000_000;
/** Decompressed bytes after which one more message could exceed that (one has at most 8 MB). */
const sliceBytesFull = sliceBytesMax / 2;

type Entry = MessageSlice<Message>;

/**
 * Takes a batch of queue messages into the logs. Never throws: each message ends acknowledged (its rows are in the
 * log, or it is kept as a dead letter) or to be retried with a growing delay.
 */
export async function consumeBatch(batch: MessageBatch, ports: ConsumePorts): Promise<void> {
  ports.counters.messagesInFlight += batch.messages.length;
  let waiting: Entry[] = [];
  let waitingBytes = 0;
  for (const message of batch.messages) {
    const opened = await open(message, batch.queue, ports);
    if (opened === null) continue;
    waiting.push(opened.entry);
    waitingBytes += opened.bodyBytes;
    if (waitingBytes < sliceBytesFull) continue;
    await appendAll(waiting, ports);
    waiting = [];
    waitingBytes = 0;
  }
  await appendAll(waiting, ports);
}

/** Stores messages that ran out of retries. Never throws. */
export async function consumeDeadLetters(batch: MessageBatch, ports: ConsumePorts): Promise<void> {
  ports.counters.messagesInFlight += batch.messages.length;
  for (const message of batch.messages) await keepAsDead(message, batch.queue, "retries_exhausted", ports);
}

/** Opens a message and says where its events belong, or settles it where that fails. */
async function open(
  message: Message,
  queue: string,
  ports: ConsumePorts,
): Promise<{ readonly entry: Entry; readonly bodyBytes: number } | null> {
  try {
    const opened = openMessage(message.body);
    if (opened.ok) {
      return { entry: { message, shard: 0, slice: sliceOf(opened.value) }, bodyBytes: opened.value.bodyBytes };
    }
    if (opened.error === "newer_version") retry(message, "newer_version", ports);
    else await keepAsDead(message, queue, opened.error, ports);
  } catch (error) {
    retry(message, error, ports); // a defect: the message is retried, and in the end kept as a dead letter
  }
  return null;
}

async function keepAsDead(
  message: Message,
  queue: string,
  reason: Parameters<typeof storeDeadLetter>[3],
  ports: ConsumePorts,
): Promise<void> {
  try {
    await storeDeadLetter(ports.lake, queue, message, reason);
    console.warn(`dead letter ${message.id} of ${queue}: ${reason}`);
    settle(message, ports);
  } catch (error) {
    retry(message, error, ports, reason === "retries_exhausted" ? deadLetterPace : eventPace);
  }
}

/** Appends messages, and settles each when all its calls have ended. */
async function appendAll(entries: readonly Entry[], ports: ConsumePorts): Promise<void> {
  const failures: Failures = new Map();
  await appendRouted(entries, ports, failures, shardsMax);
  for (const { message } of entries) {
    if (failures.has(message)) retry(message, failures.get(message), ports);
    else settle(message, ports);
  }
}

/** Messages of which something was not stored, and why. */
type Failures = Map<Message, unknown>;

/** Sends each event to the shard it belongs to, as far as that is known. */
async function appendRouted(
  entries: readonly Entry[],
  ports: ConsumePorts,
  failures: Failures,
  routingsLeft: number,
): Promise<void> {
  const parts = entries.flatMap((entry) => {
    const shards = ports.shardCounts.get(entry.slice.receipt.project) ?? 1;
    return routeSlice(entry.slice, shards).map((part) => ({ ...entry, ...part }));
  });
  await Promise.all(planAppends(parts).map((plan) => appendOrSplit(plan, ports, failures, routingsLeft)));
}

/**
 * One call of append. Where it fails for a reason that may lie in one of its messages, each is tried alone, so that a
 * bad one does not take its neighbours with it; a log that is full, overloaded or restarting fails all of them. What moved to
 * other shards is routed anew.
 */
async function appendOrSplit(
  plan: PlannedAppend<Message>,
  ports: ConsumePorts,
  failures: Failures,
  routingsLeft: number,
): Promise<void> {
  const failure = await append(plan, ports, failures);
  if (failure === null) return;
  if (failure.shards !== null && routingsLeft > 0) {
    const { project } = plan.request;
    ports.shardCounts.set(project, Math.max(failure.shards, ports.shardCounts.get(project) ?? 1));
    return appendRouted(plan.messages, ports, failures, routingsLeft - 1);
  }
  if (failure.isTransient || plan.messages.length === 1) {
    for (const { message } of plan.messages) failures.set(message, failure.cause);
    return;
  }
  for (const entry of plan.messages) {
    for (const single of planAppends([entry])) {
      const alone = await append(single, ports, failures);
      if (alone !== null) failures.set(entry.message, alone.cause);
    }
  }
}

interface Failure {
  /** Whether it says nothing about the messages. */
  readonly isTransient: boolean;
  readonly cause: unknown;
  /** How many shards there are, where the log refused what moved. */
  readonly shards: number | null;
}

/** Calls the log, and notes the messages of which it left slices out. */
async function append(plan: PlannedAppend<Message>, ports: ConsumePorts, failures: Failures): Promise<Failure | null> {
  try {
    const result = await ports.logOf(plan.log).append(packAppend(plan.request));
    if (!result.ok) {
      return { isTransient: true, cause: result.reason, shards: result.reason === "moved" ? result.shards : null };
    }
    for (const slice of result.unchecked) {
      const entry = plan.messages[slice];
      if (entry !== undefined) failures.set(entry.message, "its ids could not be checked yet");
    }
    return null;
  } catch (error) {
    return { isTransient: isTransientError(error), cause: error, shards: null };
  }
}

/** Marks that Durable Objects set on errors (https://developers.cloudflare.com/durable-objects/best-practices/error-handling/). */
function isTransientError(error: unknown): boolean {
  if (typeof error !== "object" || error === null) return false;
  return ("retryable" in error && error.retryable === true) || ("overloaded" in error && error.overloaded === true);
}

function settle(message: Message, ports: ConsumePorts): void {
  message.ack();
  ports.counters.messagesSettled += 1;
  ports.counters.messagesInFlight -= 1;
}

function retry(message: Message, cause: unknown, ports: ConsumePorts, pace = eventPace): void {
  const delaySeconds = retryDelaySeconds(message.attempts, ports.random(), pace);
  const reason = cause instanceof Error ? cause.message : String(cause);
  console.warn(`message ${message.id}, attempt ${message.attempts}, is retried in ${delaySeconds} s: ${reason}`);
  message.retry({ delaySeconds });
  ports.counters.messagesInFlight -= 1;
}
