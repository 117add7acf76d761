import { type Backlog, createBacklog } from "./backlog.ts";
import { type Batch, type QueuedEvent, requestBody, sendOff, splitBatch } from "./batch.ts";
import { createDeviceClock, type DeviceClock } from "./device-clock.ts";
import type { Limits } from "./limits.ts";
import { createPause } from "./pause.ts";
import type { EnginePorts, SendReply } from "./ports.ts";
import { judgeReply } from "./reply.ts";
import type { EventResult } from "./results.ts";

/** The part of the engine that sends what is in the backlog, as soon as it may go. */
export interface Sender {
  readonly backlog: Backlog;
  /** Starts whatever may start now. */
  readonly pump: () => void;
  /** Sends everything that is queued without waiting for full batches. */
  readonly sendAll: () => void;
  /**
   * Sends the next batch, of at most `bytesMax` bytes, past any pause and, once the clock is known, past the limit of batches in
   * flight.
   */
  readonly sendUrgently: (bytesMax: number) => void;
  /** Ends a pause that the server did not ask for. */
  readonly wake: () => void;
  /** Begins to send, with everything that is queued, after these events of earlier runs. */
  readonly start: (restored: readonly QueuedEvent[]) => void;
  /** Sends nothing more. What is in flight is no longer waited for. */
  readonly stop: () => void;
}

/** Told what became of the events of a batch, in their order. */
type Settle = (events: readonly QueuedEvent[], results: readonly EventResult[]) => void;

/** A sender with nothing to send; it begins with `start`. */
export function createSender(limits: Limits, ports: EnginePorts, settle: Settle): Sender {
  const clock = createDeviceClock(limits.clock, (state) => ports.onClock?.(state));
  const backlog = createBacklog(limits, clock);
  const { batches } = backlog;
  const pause = createPause(ports, pump);
  let active = false;

  /** Until the clock is known, one batch at a time teaches it. */
  function pump(): void {
    while (active && !pause.isOn()) {
      const flying = batches.filter((batch) => batch.flying).length;
      const batch = flying < (clock.isKnown() ? limits.maxInFlight : 1) && backlog.next(limits.maxBatchBytes);
      if (!batch) return;
      void fly(batch, false);
    }
  }

  async function fly(batch: Batch, urgent: boolean): Promise<void> {
    const outstanding = batches.filter((other) => other.hasLeft);
    sendOff(batch, () => clock.offsetForMs(batch.firstStampMs, outstanding, batch.events[0]?.restoredAt));
    clock.note(batch);
    const sentMs = ports.now();
    let reply: SendReply;
    try {
      reply = await ports.send({ body: requestBody(batch, limits.writeKey, sentMs), urgent });
    } catch {
      reply = { status: 0 }; // a port that rejects got no answer
    }
    batch.flying = false;
    if (active && batches.includes(batch)) land(batch, reply, sentMs);
  }

  function land(batch: Batch, reply: SendReply, sentMs: number): void {
    const { events } = batch;
    const verdict = judgeReply(reply, idsOf(events));
    if (verdict.kind === "retry") {
      pause.fail(reply.status, events.length, verdict.retryAfterMs);
      return;
    }
    pause.succeed();
    batches.splice(batches.indexOf(batch), 1, ...(verdict.kind === "split" ? splitBatch(batch) : []));
    if (verdict.kind === "settled") {
      clock.learn(batch, { sentMs, receivedMs: ports.now(), serverMs: verdict.serverMs });
      settle(events, verdict.results);
    }
    pump();
  }

  function sendAll(): void {
    backlog.makeDue();
    pump();
  }

  return {
    backlog,
    pump,
    sendAll,
    sendUrgently(bytesMax) {
      backlog.makeDue();
      const batch = active && maySendBeside(batches, clock) && backlog.next(bytesMax);
      if (batch) void fly(batch, true);
    },
    wake() {
      pause.cancel();
      pump();
    },
    start(restored) {
      backlog.queue.unshift(...restored.map((event) => ({ ...event, restoredAt: active ? "late" : "start" }) as const));
      active = true;
      sendAll();
    },
    stop() {
      active = false;
    },
  };
}

/** Before the clock is known, nothing: a second batch without offset may be corrected by another step of the server's than the first. */
function maySendBeside(batches: readonly Batch[], clock: DeviceClock): boolean {
  return clock.isKnown() || !batches.some((batch) => batch.flying);
}

function idsOf(events: readonly QueuedEvent[]): readonly string[] {
  return events.map((event) => event.messageId);
}
