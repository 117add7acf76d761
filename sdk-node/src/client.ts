import type {
  AliasCall,
  CallOptions,
  Fields,
  GroupCall,
  Identity,
  IdentifyCall,
  PageCall,
  ScreenCall,
  TrackCall,
} from "@sluice/core";
import type { EventType } from "@sluice/schema";
import type { NodeFlushReport } from "./flushes.ts";
import { Listeners, type SluiceEvents } from "./listeners.ts";
import { type ReadOptions, readOptions, roomyFullness, type SluiceOptions } from "./options.ts";
import type { Platform } from "./platform.ts";
import { Queue } from "./queue.ts";
import type { Spool } from "./spool/spool.ts";

/** How long `flush` and `closeAndFlush` wait unless told otherwise, ms. */
const flushTimeoutMs = 30_000;

/** Time limit of a flush. */
export interface FlushOptions {
  /** Longest wait, ms; default 30,000. `Infinity` waits until everything is settled. */
  readonly timeoutMs?: number | undefined;
  /** The same under the name that Segment's SDK gives it. */
  readonly timeout?: number | undefined;
}

/** Any event with any properties: what a client takes that is not told more. */
export type EventMap = Readonly<Record<string, Fields>>;

/** Names of a team's events and the properties of each, as a type or an interface; see {@link Client}. */
export type EventsOf<Events> = { readonly [Name in keyof Events]: object };

/** A `track` call whose name is one of the map's, with that event's properties. */
export type TypedTrackCall<Events extends EventsOf<Events>, Name extends keyof Events> = Omit<
  TrackCall,
  "event" | "properties"
> & { readonly event: Name } & (Record<never, never> extends Events[Name]
    ? { readonly properties?: Events[Name] | undefined }
    : { readonly properties: Events[Name] });

/**
 * The Sluice client for servers.
 *
 * Calls return at once and never throw; events leave in batches, several in flight, each user's in their order, and are
 * sent again until the server has answered for each. The queue is bounded in events and bytes. A producer that is faster
 * than the network awaits {@link Client.ready}, or an option says what is given up when the queue is full.
 * Nothing here keeps the process alive except a pending `flush`, `closeAndFlush` or `ready`.
 *
 * @typeParam Events names and properties of the events that `track` takes; default: any.
 * @example
 * const sluice = createClient<{ "Order Completed": { revenue: string; currency: string } }>({ host, writeKey });
 * sluice.track({ userId: "u1", event: "Order Completed", properties: { revenue: "14.99", currency: "EUR" } });
 * await sluice.closeAndFlush();
 */
export class Client<Events extends EventsOf<Events> = EventMap> {
  readonly #options: ReadOptions;
  readonly #platform: Platform;
  readonly #queue: Queue;
  readonly #listeners: Listeners;
  readonly #leaveExit: () => void;
  #roomWaiters: (() => void)[] = [];
  #isWatched = false;

  /** Throws a `TypeError` naming the option when one is not usable. */
  constructor(options: SluiceOptions, platform: Platform, clock: ReadOptions["clock"] = "learn") {
    const read = { ...readOptions(options), clock };
    this.#options = read;
    this.#platform = platform;
    this.#listeners = new Listeners(read.log);
    this.#queue = new Queue(read, platform, this.#openSpool(), {
      result: (result) => this.#listeners.result(result),
      retry: (notice) => this.#listeners.retry(notice),
      room: () => this.#releaseRoom(),
    });
    this.#leaveExit = this.#joinExit();
  }

  /** Records that somebody did something. */
  track<Name extends keyof Events & string>(call: Identity & TypedTrackCall<Events, Name>): void {
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
   * the time is over; what still waits then is `kept` and goes on being retried. Never rejects.
   */
  flush(options?: FlushOptions): Promise<NodeFlushReport> {
    const timeoutMs = options?.timeoutMs ?? options?.timeout ?? flushTimeoutMs;
    return this.#platform.holdProcess(this.#queue.flush(timeoutMs));
  }

  /**
   * Flushes, then stops the client. Events that could not be settled in time stay on disk for the next run (`kept`), or,
   * without a spool, are dropped as `closed` (the server may hold those that were in flight). Later calls are dropped
   * as `closed`. Never rejects.
   */
  async closeAndFlush(options?: FlushOptions): Promise<NodeFlushReport> {
    const report = await this.flush(options);
    this.#leaveExit();
    const closed = this.#queue.close();
    const ids = new Set(closed.map((result) => result.messageId));
    const kept = report.kept.filter(({ messageId }) => !ids.has(messageId));
    return { ...report, dropped: [...report.dropped, ...closed], kept };
  }

  /** Resolves when the queue is at most a quarter full; at once when it is. Await it between calls to send a lot. */
  ready(): Promise<void> {
    return this.#hasRoom()
      ? Promise.resolve()
      : this.#platform.holdProcess(new Promise((done) => this.#roomWaiters.push(done)));
  }

  /** Listens to what becomes of events; returns what ends the listening. What a listener throws is ignored. */
  on<K extends keyof SluiceEvents>(name: K, listener: (value: SluiceEvents[K]) => void): () => void {
    return this.#listeners.add(name, listener);
  }

  #enqueue(type: EventType, call: CallOptions): void {
    this.#queue.enqueue(type, call);
    if (this.#options.waitUntil !== null && !this.#isWatched && this.#queue.isPending()) this.#watch();
  }

  #hasRoom(): boolean {
    return this.#queue.fullness() <= roomyFullness;
  }

  #releaseRoom(): void {
    if (this.#roomWaiters.length === 0 || !this.#hasRoom()) return;
    const waiters = this.#roomWaiters;
    this.#roomWaiters = [];
    for (const done of waiters) done();
  }

  /** Tells a serverless platform to wait for what was just queued. */
  #watch(): void {
    this.#isWatched = true;
    const soon = new Promise<void>((done) => this.#platform.setTimer(done, this.#options.flushIntervalMs));
    const sent = soon.then(() => {
      this.#isWatched = false;
      return this.flush();
    });
    this.#listeners.shield(() => this.#options.waitUntil?.(sent));
  }

  #openSpool(): Spool | null {
    const { spool } = this.#options;
    if (spool === null) return null;
    const { openSpool } = this.#platform;
    if (openSpool === null) throw new TypeError("@sluice/node: option spool needs a disk, and there is none here");
    return openSpool(spool, (line) => this.#listeners.trouble(line));
  }

  #joinExit(): () => void {
    const timeoutMs = this.#options.exitTimeoutMs;
    if (timeoutMs === 0 || this.#platform.drainAtExit === null) return () => undefined;
    return this.#platform.drainAtExit({
      timeoutMs,
      isPending: () => this.#queue.isPending(),
      drain: async () => {
        const { kept } = await this.flush({ timeoutMs });
        if (kept.length > 0 && this.#options.spool === null) {
          this.#listeners.trouble(`${kept.length} events were not delivered when the process ended`);
        }
      },
    });
  }
}
