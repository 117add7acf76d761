import {
  type AliasCall,
  type CallOptions,
  createEngine,
  type Engine,
  type FlushReport,
  type GroupCall,
  type Identity,
  type IdentifyCall,
  type PageCall,
  type ScreenCall,
  type TrackCall,
} from "@sluice/core";
import type { EventType } from "@sluice/schema";
import { Listeners, type SluiceEvents } from "./listeners.ts";
import { readOptions, type SluiceOptions } from "./options.ts";
import { holdProcess, now, random, setTimer } from "./shell/platform.ts";
import { createSend } from "./shell/send.ts";
import { sdkName, sdkVersion } from "./version.ts";

/** How long `flush` and `closeAndFlush` wait unless told otherwise, ms. */
const flushTimeoutMs = 30_000;

/** Time limit of a flush. */
export interface FlushOptions {
  /** Longest wait, ms; default 30,000. `Infinity` waits until everything is settled. */
  readonly timeoutMs?: number | undefined;
}

/**
 * The Sluice client for servers.
 *
 * Calls return at once and never throw; events leave in batches, several in flight, and are sent again until
 * the server has answered for each. The queue is bounded in events and bytes: when it is full the new event is
 * dropped (`queue_full`), so a producer that is faster than the network awaits {@link Sluice.ready}.
 * Nothing here keeps the process alive except a pending `flush`, `closeAndFlush` or `ready`.
 *
 * @example
 * const sluice = new Sluice({ host: "https://in.example.com", writeKey: "shop.server.s1.…" });
 * sluice.track({ userId: "u1", event: "Order Completed", properties: { revenue: "14.99", currency: "EUR" } });
 * await sluice.closeAndFlush();
 */
export class Sluice {
  readonly #engine: Engine;
  readonly #listeners: Listeners;
  #roomWaiters: (() => void)[] = [];

  /** Throws a `TypeError` naming the option when one is not usable. */
  constructor(options: SluiceOptions) {
    const read = readOptions(options);
    this.#listeners = new Listeners(read.log);
    this.#engine = createEngine(
      read,
      { name: sdkName, version: sdkVersion },
      {
        now,
        random,
        send: createSend(read),
        setTimer,
        onResult: (result) => {
          this.#listeners.result(result);
          if (this.#roomWaiters.length > 0 && this.#hasRoom()) this.#releaseRoom();
        },
        onRetry: (notice) => this.#listeners.retry(notice),
      },
    );
    this.#engine.start();
  }

  /** Records that somebody did something. */
  track(call: Identity & TrackCall): void {
    this.#enqueue("track", call);
  }

  /** Records who somebody is. */
  identify(call: Identity & IdentifyCall): void {
    this.#enqueue("identify", call);
  }

  /** Records a page view. */
  page(call: Identity & PageCall): void {
    this.#enqueue("page", call);
  }

  /** Records a screen view. */
  screen(call: Identity & ScreenCall): void {
    this.#enqueue("screen", call);
  }

  /** Records that somebody belongs to a group. */
  group(call: Identity & GroupCall): void {
    this.#enqueue("group", call);
  }

  /** Records that `previousId` is `userId`. */
  alias(call: Identity & AliasCall): void {
    this.#enqueue("alias", call);
  }

  /**
   * Sends everything now. Resolves when every event of earlier calls is delivered, rejected or dropped, or when
   * the time is over; what still waits then is in `kept` and goes on being retried. Never rejects.
   */
  flush(options?: FlushOptions): Promise<FlushReport> {
    return holdProcess(this.#engine.flush(options?.timeoutMs ?? flushTimeoutMs));
  }

  /**
   * Flushes, then stops the client. Events that could not be settled in time are dropped as `closed` (the server
   * may hold those that were in flight). Later calls are dropped as `closed`. Never rejects.
   */
  async closeAndFlush(options?: FlushOptions): Promise<FlushReport> {
    const report = await this.flush(options);
    this.#engine.close();
    const closed = report.kept.map(({ messageId }) => ({ outcome: "dropped", messageId, reason: "closed" }) as const);
    return { ...report, dropped: [...report.dropped, ...closed], kept: [] };
  }

  /** Resolves when the queue is at most half full; at once when it is. Await it between calls to send a lot. */
  ready(): Promise<void> {
    return this.#hasRoom() ? Promise.resolve() : holdProcess(new Promise((done) => this.#roomWaiters.push(done)));
  }

  /** Listens to what becomes of events; returns what ends the listening. What a listener throws is ignored. */
  on<K extends keyof SluiceEvents>(name: K, listener: (value: SluiceEvents[K]) => void): () => void {
    return this.#listeners.add(name, listener);
  }

  #hasRoom(): boolean {
    return this.#engine.fullness() <= 0.5;
  }

  #releaseRoom(): void {
    const waiters = this.#roomWaiters;
    this.#roomWaiters = [];
    for (const done of waiters) done();
  }

  #enqueue(type: EventType, call: CallOptions): void {
    this.#engine.enqueue(type, call);
  }
}
