import { eventBytesMax, type EventType } from "@sluice/schema";
import type { QueuedEvent } from "./batch.ts";
import { buildEvent, type BuiltEvent, type CallOptions, type Library, utf8Bytes } from "./event.ts";
import { createFlushWaiters } from "./flush.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import type { EngineOptions, EnginePorts, StoredEvent } from "./ports.ts";
import type { DropReason, EventResult, FlushReport } from "./results.ts";
import { createRoom, type Room } from "./room.ts";
import { createSender } from "./sender.ts";
import { createUlid } from "./ulid.ts";

/** Calls dropped at once that are remembered for the next flush report. */
const droppedMax = 1000;

/** What became of a call at once. */
export interface Enqueued {
  readonly messageId: string;
  /** Whether it is on disk (`false` without a store); absent when it was dropped, and `onResult` has said why. */
  readonly stored?: boolean | Promise<boolean>;
}

/**
 * The client engine: takes calls, keeps them in a bounded queue, sends them in batches until the server has
 * answered for every one of them.
 *
 * An event leaves the queue only when it was delivered, was rejected by the server, or can never succeed.
 * A full queue refuses the new event (`queue_full`): those it already took are promised. No method throws.
 */
export interface Engine {
  /** Begins to send; `restored` are events of earlier runs, which go first. Called again it takes in what was found later. */
  start(restored?: readonly StoredEvent[]): void;
  /** Takes one call, made at `calledMs` (default: now), into the queue; what cannot be taken is reported as dropped. */
  enqueue(type: EventType, call: CallOptions, calledMs?: number): Enqueued;
  /**
   * Sends everything now and resolves when every event taken before is delivered, rejected or dropped, or
   * when the time is over; what is still waiting then is `kept` and goes on being retried.
   */
  flush(timeoutMs: number): Promise<FlushReport>;
  /**
   * The page or app is about to go: sends the next batch, of at most `bytesMax` bytes, at once, past any pause and, once the
   * server's clock is known, past the limit of batches in flight. What is not confirmed stays queued, with the same ids.
   */
  flushUrgently(bytesMax: number): void;
  /** The network is back: ends a pause, unless the server asked for it. */
  readonly wake: () => void;
  /** Gives up every event, those in flight too, for this reason; goes on with what is taken afterwards. */
  discard(reason: DropReason): void;
  /** Stops for good. Without a store what is left is dropped as `closed`; with one it stays there for the next run. */
  close(): void;
}

/** Makes an engine; it sends nothing before `start`. */
export function createEngine(options: EngineOptions, library: Library, ports: EnginePorts): Engine {
  const limits: Limits = { ...defaultLimits, ...options };
  const ulid = createUlid(ports.random);
  const waiters = createFlushWaiters();
  const room = createRoom(limits);
  const sender = createSender(limits, ports, settle);
  const { backlog } = sender;
  /** Calls that never entered the queue, for the next flush report. */
  let dropped: QueuedEvent[] = [];
  let closed = false;
  let cancelFlush: (() => void) | null = null;

  function settle(events: readonly QueuedEvent[], results: readonly EventResult[]): void {
    ports.store?.remove(events.map((event) => event.messageId));
    events.forEach((event, index) => {
      room.count(event, -1);
      conclude(event, results[index], ports);
    });
    waiters.check(false);
  }

  function discard(reason: DropReason): void {
    const left = backlog.events();
    backlog.queue.length = backlog.batches.length = 0;
    settle(left, left.map(droppedAs(reason)));
  }

  function take(event: BuiltEvent): QueuedEvent {
    room.count(event, 1);
    return { ...event, result: null };
  }

  function drop(event: BuiltEvent, reason: DropReason): Enqueued {
    const call = { ...event, json: "", result: null };
    if (dropped.length < droppedMax) dropped.push(call);
    conclude(call, droppedAs(reason)(event), ports);
    return { messageId: event.messageId };
  }

  return {
    start(restored = []) {
      sender.start(restored.map((event) => take({ ...event, bytes: utf8Bytes(event.json) })));
    },
    enqueue(type, call, calledMs = ports.now()) {
      const event = buildEvent(type, call, { messageId: ulid(calledMs), nowMs: calledMs, library });
      const reason = closed ? "closed" : refusalOf(event, room);
      if (reason !== null) return drop(event, reason);
      backlog.queue.push(take(event));
      const stored = ports.store?.append(event) ?? false;
      cancelFlush ??= ports.setTimer(() => {
        cancelFlush = null;
        sender.sendAll();
      }, limits.flushIntervalMs);
      sender.pump();
      return { messageId: event.messageId, stored };
    },
    flush(timeoutMs) {
      const report = waiters.wait([...dropped, ...backlog.events()], (finish) => ports.setTimer(finish, timeoutMs));
      dropped = [];
      sender.sendAll();
      waiters.check(closed);
      return report;
    },
    flushUrgently: sender.sendUrgently,
    wake: sender.wake,
    discard,
    close() {
      closed = true;
      sender.stop();
      cancelFlush?.();
      if (!ports.store) discard("closed");
      waiters.check(true);
    },
  };
}

/** Notes what became of an event, and tells it. */
function conclude(event: QueuedEvent, result: EventResult | undefined, ports: EnginePorts): void {
  if (!result) return;
  event.result = result;
  ports.onResult?.(result);
}

function droppedAs(reason: DropReason): (event: BuiltEvent) => EventResult {
  return ({ messageId }) => ({ outcome: "dropped", messageId, reason });
}

function refusalOf(event: BuiltEvent, room: Room): DropReason | null {
  if (event.json === "") return "invalid_event";
  if (event.bytes > eventBytesMax) return "event_too_large";
  return room.fullness() < 1 ? null : "queue_full";
}
