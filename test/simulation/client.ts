import { gzipSync } from "node:zlib";
import type { IngestReply } from "@sluice/schema";
import type { Network, Outcome } from "./network.ts";
import { Process } from "./process.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SentEvent } from "./traffic.ts";

/** What is known of an event's deliveries. */
export interface Delivery {
  /** Of a phone's event, id and text are known only when the SDK has sent it. */
  event: SentEvent;
  /** Requests that carried it and left the client. */
  sent: number;
  /** How often somebody was told that it is safe: a request of these was answered with 200, or the SDK said that it is stored. */
  promised: number;
}

/** What the edge answers. */
export interface EdgeAnswer {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | null;
}

/** What a client needs of the world. */
export interface ClientWorld {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly random: Random;
  /** Lets an edge isolate answer a request. */
  readonly fetch: (request: Request, answer: (outcome: Outcome<EdgeAnswer>) => void) => void;
  readonly fail: (what: string) => void;
}

/** Events of one request at most. */
const batchMax = 12;
const retryMsMax = 60_000;

/**
 * A client that delivers at least once: it sends its events again, under the same ids and in other batches, until it
 * is answered with 200.
 */
export class SimulatedClient {
  readonly keyKind: SentEvent["keyKind"];
  readonly #world: ClientWorld;
  readonly #writeKey: string;
  readonly #process: Process;
  readonly #waiting: Delivery[] = [];
  #isSending = false;

  constructor(name: string, keyKind: SentEvent["keyKind"], writeKey: string, world: ClientWorld) {
    this.keyKind = keyKind;
    this.#writeKey = writeKey;
    this.#world = world;
    this.#process = new Process(name, null, true);
  }

  /** Whether everything it was given has been answered. */
  get isDone(): boolean {
    return this.#waiting.length === 0 && !this.#isSending;
  }

  /** Takes events, for the first time or once more. */
  give(deliveries: readonly Delivery[]): void {
    this.#waiting.push(...deliveries);
    this.#send();
  }

  #send(): void {
    if (this.#isSending || this.#waiting.length === 0) return;
    this.#isSending = true;
    const { random, network, scheduler, fail } = this.#world;
    const batch = this.#waiting.splice(0, random.between(1, batchMax));
    const request = this.#requestOf(batch);
    for (const delivery of batch) delivery.sent += 1;
    const again = (): void => {
      scheduler.after(random.between(1_000, retryMsMax), "", () => {
        this.#isSending = false;
        this.#waiting.unshift(...batch);
        this.#send();
      });
    };
    const what = `POST ${batch.map(({ event }) => event.number).join(",")}`;
    network
      .callAsync<EdgeAnswer>(this.#process, what, (answer) => this.#world.fetch(request, answer))
      .then(({ status, text }) => {
        if (status === 200) this.#answered(batch, JSON.parse(text) as IngestReply);
        else if (status !== 503) return fail(`the edge answered ${status}: ${text}`);
        else return again();
        // A reply that was lost behind the client's back: it sends the same once more.
        if (random.chance(network.faults.calls.answerLost / 2)) return again();
        this.#isSending = false;
        return this.#send();
      })
      .catch(again);
  }

  #answered(batch: readonly Delivery[], reply: IngestReply): void {
    const rejected = new Set(reply.rejected.map(({ index }) => index));
    batch.forEach((delivery, index) => {
      delivery.promised += 1;
      if (rejected.has(index) === delivery.event.isValid) {
        this.#world.fail(`event ${delivery.event.number} got the wrong verdict`);
      }
    });
  }

  #requestOf(batch: readonly Delivery[]): Request {
    const { random } = this.#world;
    const json = new TextEncoder().encode(JSON.stringify({ batch: batch.map(({ event }) => event.json) }));
    const body = random.chance(0.7) ? gzipSync(json) : json;
    const authorization = `Basic ${Buffer.from(`${this.#writeKey}:`).toString("base64")}`;
    const length = random.chance(0.5) ? { "content-length": String(body.length) } : {};
    const headers = { authorization, "content-type": "application/json", ...length };
    return new Request("https://edge.example/v1/batch", { method: "POST", headers, body: new Uint8Array(body) });
  }
}
