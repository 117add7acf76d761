import type { Network } from "../network.ts";
import type { Process } from "../process.ts";
import type { Random } from "../random.ts";
import type { Scheduler } from "../scheduler.ts";

/*
 * A queue: at least once, in any order, in batches of any composition. A message leaves it when a handler that took
 * it has ended well, or said `ack` before it failed; one that used up its tries goes to the dead-letter queue.
 */

/** A message as its consumer gets it. */
export interface DeliveredMessage {
  readonly id: string;
  readonly timestamp: Date;
  readonly attempts: number;
  readonly body: Uint8Array;
  ack(): void;
  retry(options?: { readonly delaySeconds?: number }): void;
}

/** A batch as its consumer gets it. */
export interface DeliveredBatch {
  readonly queue: string;
  readonly messages: readonly DeliveredMessage[];
  ackAll(): void;
  retryAll(options?: { readonly delaySeconds?: number }): void;
}

/** How the consumer is configured, and who it is. */
export interface Consumer {
  readonly batchSize: number;
  readonly retriesMax: number;
  readonly retrySeconds: number;
  /** Handles a batch in some isolate, which may die on it. */
  readonly handle: (batch: DeliveredBatch) => { readonly process: Process; readonly done: Promise<unknown> };
}

interface Waiting {
  readonly id: string;
  readonly body: Uint8Array;
  readonly sentAtMs: number;
  attempts: number;
}

/** What a message's fate is at the end of a batch. */
type Mark = "none" | "acked" | { readonly retryInSeconds: number };

/** Longest time a handler may take, in ms: the platform's 15 minutes. */
const handlerMsMax = 15 * 60_000;
const batchesAtOnceMax = 3;
const hourMs = 3_600_000;

/** One queue with its consumer. */
export class SimulatedQueue {
  readonly name: string;
  readonly #world: { readonly scheduler: Scheduler; readonly network: Network; readonly random: Random };
  readonly #consumer: Consumer;
  readonly #deadLetters: SimulatedQueue | null;
  /** Told of every message that enters. */
  onEnter: (body: Uint8Array) => void = () => undefined;
  #ready: Waiting[] = [];
  #delayed = 0;
  #batches = 0;
  #inFlight = 0;
  #messages = 0;
  #isPumping = false;

  constructor(
    name: string,
    world: { readonly scheduler: Scheduler; readonly network: Network; readonly random: Random },
    consumer: Consumer,
    deadLetters: SimulatedQueue | null,
  ) {
    this.name = name;
    this.#world = world;
    this.#consumer = consumer;
    this.#deadLetters = deadLetters;
  }

  /** Messages that are not settled. */
  get size(): number {
    return this.#ready.length + this.#delayed + this.#inFlight;
  }

  /** The producer's binding. */
  bindingOf(caller: Process) {
    return {
      send: (body: Uint8Array | ArrayBuffer): Promise<void> => {
        const copy = new Uint8Array(body instanceof ArrayBuffer ? body : body.slice());
        return this.#world.network.call(caller, `${this.name}.send`, () => this.#send([copy]));
      },
      sendBatch: (messages: Iterable<{ readonly body: Uint8Array }>): Promise<void> => {
        const copies = [...messages].map(({ body }) => body.slice());
        return this.#world.network.call(caller, `${this.name}.sendBatch`, () => this.#send(copies));
      },
    };
  }

  #send(bodies: readonly Uint8Array[]): void {
    if (this.#world.network.isDown("queue")) throw new Error("Queue send failed: Internal Server Error");
    for (const body of bodies) this.enter(body);
  }

  /** Takes a message in. */
  enter(body: Uint8Array): void {
    const { random, network, scheduler } = this.#world;
    this.onEnter(body);
    const id = `${this.name}-${++this.#messages}`;
    const message = { id, body, sentAtMs: scheduler.nowMs, attempts: 0 };
    const isDelayed = random.chance(network.faults.delayed);
    if (isDelayed) scheduler.trouble("message delayed");
    this.#wait(message, isDelayed ? random.int(2 * hourMs) : random.int(2_000));
    if (!random.chance(network.faults.duplicate)) return;
    scheduler.trouble("message duplicated");
    this.#wait({ ...message }, random.int(4 * hourMs)); // the same message, also after it was settled
  }

  #wait(message: Waiting, delayMs: number): void {
    this.#delayed += 1;
    this.#world.scheduler.after(delayMs, "", () => {
      this.#delayed -= 1;
      this.#ready.push(message);
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#isPumping || this.#ready.length === 0 || this.#batches >= batchesAtOnceMax) return;
    this.#isPumping = true;
    this.#world.scheduler.after(this.#world.random.int(3_000), "", () => {
      this.#isPumping = false;
      this.#deliver();
      this.#pump();
    });
  }

  /** Hands some of the messages, in any order, to the consumer. */
  #deliver(): void {
    const { random, scheduler } = this.#world;
    if (this.#ready.length === 0) return;
    const count = random.between(1, this.#consumer.batchSize);
    const taken: Waiting[] = [];
    while (taken.length < count && this.#ready.length > 0) {
      taken.push(...this.#ready.splice(random.int(this.#ready.length), 1));
    }
    for (const message of taken) message.attempts += 1;
    const marks = new Map<Waiting, Mark>(taken.map((message) => [message, "none"]));
    this.#batches += 1;
    this.#inFlight += taken.length;
    const { process, done } = this.#consumer.handle(this.#batchOf(taken, marks));
    let isOver = false;
    const end = (how: "done" | "failed" | "died"): void => {
      if (isOver) return;
      isOver = true;
      this.#batches -= 1;
      this.#inFlight -= taken.length;
      if (how === "died") scheduler.trouble("batch died");
      scheduler.note(`${this.name}: batch of ${taken.map((message) => message.id).join(" ")} ${how}`);
      for (const message of taken) this.#settle(message, marks.get(message) ?? "none", how);
      this.#pump();
    };
    process.onDeath(() => scheduler.after(random.int(30_000), "", () => end("died")));
    scheduler.after(handlerMsMax, "", () => {
      if (!isOver) process.kill();
    });
    done.then(
      () => process.isAlive && end("done"),
      () => process.isAlive && end("failed"),
    );
  }

  #batchOf(taken: readonly Waiting[], marks: Map<Waiting, Mark>): DeliveredBatch {
    const mark = (message: Waiting, how: Mark): void => {
      if (marks.get(message) === "none") marks.set(message, how); // the first word counts
    };
    const retryOf = (options?: { readonly delaySeconds?: number }): Mark => {
      return { retryInSeconds: options?.delaySeconds ?? this.#consumer.retrySeconds };
    };
    return {
      queue: this.name,
      messages: taken.map((message) => ({
        id: message.id,
        timestamp: new Date(message.sentAtMs),
        attempts: message.attempts,
        body: message.body.slice(),
        ack: () => mark(message, "acked"),
        retry: (options) => mark(message, retryOf(options)),
      })),
      ackAll: () => taken.forEach((message) => mark(message, "acked")),
      retryAll: (options) => taken.forEach((message) => mark(message, retryOf(options))),
    };
  }

  /** What becomes of a message: acknowledgements travel with the end of the handler, and are lost when it dies. */
  #settle(message: Waiting, mark: Mark, how: "done" | "failed" | "died"): void {
    const { random, network, scheduler } = this.#world;
    const isAcked = how === "died" ? false : mark === "acked" || (how === "done" && mark === "none");
    if (isAcked && !random.chance(network.faults.ackLost)) return;
    if (isAcked) scheduler.trouble("acknowledgement lost");
    if (message.attempts > this.#consumer.retriesMax) {
      scheduler.trouble("message dead");
      this.#deadLetters?.enter(message.body);
      return;
    }
    const seconds = typeof mark === "object" ? mark.retryInSeconds : this.#consumer.retrySeconds;
    this.#wait(message, seconds * 1000);
  }
}
