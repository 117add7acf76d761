import {
  type BuiltEvent,
  type CallOptions,
  createUlid,
  type DropReason,
  type Dropped,
  type EventResult,
  type RetryNotice,
} from "@sluice/core";
import { eventBytesMax, type EventType } from "@sluice/schema";
import { Flushes, type NodeFlushReport } from "./flushes.ts";
import { type Entry, entryOf, laneOf } from "./lanes.ts";
import type { ReadOptions } from "./options.ts";
import type { Platform } from "./platform.ts";
import { Sender } from "./sender.ts";
import type { Spool } from "./spool/spool.ts";
import { createWriteEvent } from "./write-event.ts";
import { sdkName, sdkVersion } from "./version.ts";

/** Events given up by the queue itself that the next flush report names; further ones it counts. */
const givenUpMax = 1000;

/** Whom a queue tells. */
export interface QueueListener {
  readonly result: (result: EventResult) => void;
  readonly retry: (notice: RetryNotice) => void;
  /** A settled event has made room. */
  readonly room: () => void;
}

/**
 * Takes calls, keeps their events in memory within bounds (and on disk, with a spool), and has them sent.
 * An event leaves when it was delivered, was rejected by the server, or was given up; each is told to the listener.
 */
export class Queue {
  readonly #options: ReadOptions;
  readonly #platform: Platform;
  readonly #listener: QueueListener;
  readonly #spool: Spool | null;
  readonly #sender: Sender;
  readonly #flushes: Flushes;
  readonly #ulid;
  readonly #write;
  #events = 0;
  #bytes = 0;
  #sequence = 0;
  #isClosed = false;
  #givenUp: Dropped[] = [];
  #droppedUnnamed = 0;
  #cancelTimer: (() => void) | null = null;

  constructor(options: ReadOptions, platform: Platform, spool: Spool | null, listener: QueueListener) {
    this.#options = options;
    this.#platform = platform;
    this.#listener = listener;
    this.#spool = spool;
    this.#ulid = createUlid(platform.random);
    this.#write = createWriteEvent({ name: sdkName, version: sdkVersion }, platform.utf8Bytes);
    const { now, random, setTimer, createSend } = platform;
    const ports = { now, random, setTimer, send: createSend(options), onRetry: listener.retry };
    this.#sender = new Sender(options, ports, (entries, results) => this.#settle(entries, results));
    this.#flushes = new Flushes({
      waiting: () => this.#sender.waiting(),
      oldestSegment: () => spool?.oldestOpen() ?? Infinity,
      onDiskOnly: (segment) => spool?.unread(segment) ?? 0,
    });
    this.#readBack();
  }

  /** How full the memory is, from 0 to 1, by events or by bytes; 1 while events wait on disk only. 0 once closed: there is nothing to wait for. */
  fullness(): number {
    if (this.#isClosed) return 0;
    if ((this.#spool?.unread() ?? 0) > 0) return 1;
    return this.#memoryFullness();
  }

  /** Whether anything is not settled. */
  isPending(): boolean {
    return this.#events > 0 || (this.#spool?.unread() ?? 0) > 0;
  }

  /** Takes one call. Never throws. */
  enqueue(type: EventType, call: CallOptions): void {
    const nowMs = this.#platform.now();
    const event = this.#write(type, call, this.#ulid(nowMs), nowMs);
    if (this.#isClosed) this.#refuse(event.messageId, "closed");
    else if (event.json === "") this.#refuse(event.messageId, "invalid_event");
    else if (event.bytes > eventBytesMax) this.#refuse(event.messageId, "event_too_large");
    else this.#take(event, laneOf(call as object));
  }

  /** See `Client.flush`. */
  flush(timeoutMs: number): Promise<NodeFlushReport> {
    const scope = {
      sequence: this.#sequence,
      segment: this.#spool?.seal() ?? 0,
      open: this.#events,
      givenUp: this.#givenUp,
      droppedUnnamed: this.#droppedUnnamed,
    };
    this.#givenUp = [];
    this.#droppedUnnamed = 0;
    const report = this.#flushes.wait(scope, (finish) => this.#platform.setTimer(finish, timeoutMs));
    this.#sender.sendUpTo(this.#sequence);
    this.#flushes.check(this.#isClosed);
    return report;
  }

  /** Stops for good; what no spool keeps is dropped as `closed`, and returned. */
  close(): Dropped[] {
    if (this.#isClosed) return [];
    this.#isClosed = true;
    this.#cancelTimer?.();
    const left = this.#sender.waiting().filter((entry) => entry.segment === 0);
    this.#sender.stop();
    const dropped = left.map((entry) => droppedAs(entry.messageId, "closed"));
    this.#settle(left, dropped);
    this.#spool?.close();
    this.#flushes.check(true);
    return dropped;
  }

  #memoryFullness(): number {
    return Math.max(this.#events / this.#options.maxQueueEvents, this.#bytes / this.#options.maxQueueBytes);
  }

  #take(event: BuiltEvent, lane: number): void {
    const isFull = this.#memoryFullness() >= 1;
    const hasUnread = (this.#spool?.unread() ?? 0) > 0;
    const isHeld = !isFull && !hasUnread;
    let segment = 0;
    if (this.#spool && (!isHeld || this.#options.spool?.when !== "full")) {
      segment = this.#spool.append({ ...event, lane }, isHeld);
      if (segment > 0 && !isHeld) return;
    }
    if (!isHeld && (hasUnread || this.#options.whenFull === "drop_newest" || !this.#dropOldest())) {
      this.#refuse(event.messageId, "queue_full");
      return;
    }
    this.#hold(event, lane, segment);
  }

  #hold(event: BuiltEvent, lane: number, segment: number): void {
    this.#events++;
    this.#bytes += event.bytes;
    this.#sender.add(entryOf(event, lane, ++this.#sequence, segment));
    this.#cancelTimer ??= this.#platform.setTimer(() => {
      this.#cancelTimer = null;
      this.#sender.sendUpTo(this.#sequence);
    }, this.#options.flushIntervalMs);
  }

  /** Makes room for one event; false when everything is under way. */
  #dropOldest(): boolean {
    while (this.#memoryFullness() >= 1) {
      const oldest = this.#sender.removeOldest();
      if (oldest === undefined) return false;
      const dropped = droppedAs(oldest.messageId, "queue_full");
      this.#remember(dropped);
      this.#settle([oldest], [dropped]);
    }
    return true;
  }

  #refuse(messageId: string, reason: DropReason): void {
    const result = droppedAs(messageId, reason);
    this.#remember(result);
    this.#listener.result(result);
  }

  #remember(result: Dropped): void {
    if (this.#givenUp.length < givenUpMax) this.#givenUp.push(result);
    else this.#droppedUnnamed++;
  }

  /** Counts first and tells afterwards: a listener may call the client, and finds it with its counts right. */
  #settle(entries: readonly Entry[], results: readonly EventResult[]): void {
    const settledBySegment = new Map<number, number>();
    for (const { bytes, segment } of entries) {
      this.#events--;
      this.#bytes -= bytes;
      if (segment > 0) settledBySegment.set(segment, (settledBySegment.get(segment) ?? 0) + 1);
    }
    for (const [segment, events] of settledBySegment) this.#spool?.settle(segment, events);
    this.#flushes.settled(entries, results);
    this.#readBack();
    for (const result of results) this.#listener.result(result);
    this.#flushes.check(false);
    this.#listener.room();
  }

  /** Takes events from the disk into memory while there is room, and has them sent. */
  #readBack(): void {
    let hasRead = false;
    while (this.#spool && !this.#isClosed && this.#memoryFullness() <= 0.5) {
      const read = this.#spool.read();
      if (read === null) break;
      for (const event of read.events) this.#hold(event, event.lane, read.segment);
      hasRead = true;
    }
    if (hasRead) this.#sender.sendUpTo(this.#sequence);
  }
}

function droppedAs(messageId: string, reason: DropReason): Dropped {
  return { outcome: "dropped", messageId, reason };
}
