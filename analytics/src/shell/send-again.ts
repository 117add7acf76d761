import type { Env } from "./env.ts";

/** What a queue takes in one call (https://developers.cloudflare.com/queues/platform/limits/), less the metadata of its messages. */
const batchMessagesMax = 100;
const batchBytesMax = 240_000;

/** Messages that this isolate has sent to the edge's queue; a local pipeline waits until they are settled as well. */
export const resent = { messages: 0 };

/** One message and its size. */
export interface OutgoingMessage {
  readonly request: MessageSendRequest;
  readonly bytes: number;
}

/** Sends messages in as few calls as the limits allow, in order. Throws when the queue refuses; those before are in it then. */
export async function sendAll(queue: Queue, messages: readonly OutgoingMessage[]): Promise<void> {
  let batch: MessageSendRequest[] = [];
  let bytes = 0;
  for (const message of messages) {
    if (batch.length === batchMessagesMax || (batch.length > 0 && bytes + message.bytes > batchBytesMax)) {
      await queue.sendBatch(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(message.request);
    bytes += message.bytes;
  }
  if (batch.length > 0) await queue.sendBatch(batch);
}

/** Sends messages of the edge's format to the consumer. */
export async function sendToConsumer(env: Pick<Env, "EVENTS">, messages: readonly Uint8Array[]): Promise<void> {
  const outgoing = messages.map((body) => ({
    request: { body, contentType: "bytes" } as const,
    bytes: body.length,
  }));
  await sendAll(env.EVENTS, outgoing);
  resent.messages += messages.length;
}
