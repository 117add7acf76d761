/** A message and a batch, as far as the observations use them. */
interface ObservedMessage {
  readonly body: unknown;
  readonly attempts: number;
  readonly timestamp: Date;
  ack(): void;
  retry(options?: { readonly delaySeconds?: number }): void;
}

interface ObservedBatch {
  readonly queue: string;
  readonly messages: readonly ObservedMessage[];
}

/** Bodies that tell the consumer what to do with them. */
export const instructions = [
  "nothing",
  "ack",
  "retry once",
  "retry always",
  "ack, then retry",
  "retry, then ack",
  "throw once",
] as const;

/** A consumer that does what its messages say, and notes every delivery: queue, instruction, attempt. */
export function observedConsumer() {
  const deliveries: string[] = [];
  return {
    deliveries: (): readonly string[] => [...deliveries].sort(),
    async queue(batch: ObservedBatch): Promise<void> {
      for (const message of batch.messages) follow(batch.queue, message, deliveries);
    },
  };
}

function follow(queue: string, message: ObservedMessage, deliveries: string[]): void {
  const { body, attempts } = message;
  const bytes = body instanceof ArrayBuffer ? new Uint8Array(body) : (body as Uint8Array);
  const instruction = new TextDecoder().decode(bytes);
  deliveries.push(`${queue}: ${instruction} ${attempts}, ${message.timestamp instanceof Date ? "dated" : "undated"}`);
  const isFirst = attempts === 1;
  if (queue.endsWith("-dlq")) return;
  if (instruction === "ack") message.ack();
  if (instruction === "retry once" && isFirst) message.retry({ delaySeconds: 1 });
  if (instruction === "retry always") message.retry();
  if (instruction === "throw once" && isFirst) throw new Error("the handler fails");
  if (!isFirst) return;
  if (instruction === "ack, then retry") {
    message.ack();
    message.retry();
  }
  if (instruction === "retry, then ack") {
    message.retry();
    message.ack();
  }
}
