import {
  type Batch,
  createBatch,
  createPause,
  type EnginePorts,
  type EventResult,
  judgeReply,
  requestBody,
  sendOff,
  type SendReply,
  splitBatch,
} from "@sluice/core";
import { LaneClock } from "./lane-clock.ts";
import { type Entry, Lanes } from "./lanes.ts";

/** What a sender is told. */
export interface SenderLimits {
  readonly writeKey: string;
  /** Waiting events that make a batch due. */
  readonly flushAt: number;
  readonly maxBatchEvents: number;
  /** Bytes of JSON in a batch. */
  readonly maxBatchBytes: number;
  readonly maxInFlight: number;
  /** `learn`: from replies, as SDKs do. `none`: times are not of this machine's clock, so none of them is corrected. */
  readonly clock: "learn" | "none";
}

/** Told what became of the events of a batch, in their order. */
export type Settle = (entries: readonly Entry[], results: readonly EventResult[]) => void;

/** Lanes under way together, and what is left of their events: one batch, or more after a split, sent one by one. */
interface Flight {
  readonly lanes: ReadonlySet<number>;
  readonly batches: Batch[];
  isFlying: boolean;
}

/** Sends what waits in the lanes: several batches at a time, and each lane's events in their order. */
export class Sender {
  readonly #lanes = new Lanes();
  readonly #limits: SenderLimits;
  readonly #ports: EnginePorts;
  readonly #settle: Settle;
  readonly #clock: LaneClock;
  readonly #pause;
  #flights: Flight[] = [];
  #flying = 0;
  /** Events up to this sequence need not wait for a full batch. */
  #dueSequence = 0;
  #isActive = true;

  constructor(limits: SenderLimits, ports: EnginePorts, settle: Settle) {
    this.#limits = limits;
    this.#ports = ports;
    this.#settle = settle;
    this.#clock = new LaneClock(limits.clock === "none" ? 0 : null);
    this.#pause = createPause(ports, () => this.pump());
  }

  /** Takes an event, and sends a batch if that fills one. */
  add(entry: Entry): void {
    this.#lanes.push(entry);
    if (this.#isFull()) this.pump();
  }

  /** Sends every event up to this sequence without waiting for full batches. */
  sendUpTo(sequence: number): void {
    this.#dueSequence = sequence;
    this.pump();
  }

  /** Starts whatever may start now. Until the clock is known, one batch at a time teaches it. */
  pump(): void {
    const most = this.#clock.isKnown() ? this.#limits.maxInFlight : 1;
    while (this.#isActive && !this.#pause.isOn() && this.#flying < most) {
      const flight = this.#flights.find((one) => !one.isFlying) ?? this.#takeOff();
      if (flight === undefined) return;
      void this.#fly(flight);
    }
  }

  /** Everything that is not settled, in the order of the calls. */
  waiting(): Entry[] {
    const underWay = this.#flights.flatMap((flight) => flight.batches).flatMap((batch) => batch.events as Entry[]);
    return [...underWay, ...this.#lanes.all()].sort((one, other) => one.sequence - other.sequence);
  }

  /** Gives up the oldest event that is not under way. */
  removeOldest(): Entry | undefined {
    return this.#lanes.removeOldest();
  }

  /** Stops for good. What is in flight is no longer waited for. */
  stop(): void {
    this.#isActive = false;
  }

  #isFull(): boolean {
    const { events, bytes } = this.#lanes.free;
    return events >= this.#limits.flushAt || bytes >= this.#limits.maxBatchBytes;
  }

  #takeOff(): Flight | undefined {
    const { maxBatchEvents, maxBatchBytes } = this.#limits;
    if (!this.#isFull() && this.#lanes.oldestFree() > this.#dueSequence) return undefined;
    const entries = this.#lanes.take({ events: maxBatchEvents, bytes: maxBatchBytes });
    if (entries.length === 0) return undefined;
    const flight = {
      lanes: new Set(entries.map((entry) => entry.lane)),
      batches: [createBatch(entries)],
      isFlying: false,
    };
    this.#flights.push(flight);
    return flight;
  }

  #offsetFor(batch: Batch): number | null {
    return this.#limits.clock === "none" ? 0 : this.#clock.offsetFor(entriesOf(batch));
  }

  async #fly(flight: Flight): Promise<void> {
    const [batch] = flight.batches;
    if (batch === undefined) throw new Error("a flight without a batch has landed");
    flight.isFlying = true;
    this.#flying++;
    sendOff(batch, () => this.#offsetFor(batch));
    const sentMs = this.#ports.now();
    let reply: SendReply;
    try {
      reply = await this.#ports.send({ body: requestBody(batch, this.#limits.writeKey, sentMs), urgent: false });
    } catch {
      reply = { status: 0 }; // a port that rejects got no answer
    }
    flight.isFlying = false;
    this.#flying--;
    if (this.#isActive) this.#land(flight, batch, reply, sentMs);
  }

  #land(flight: Flight, batch: Batch, reply: SendReply, sentMs: number): void {
    const entries = entriesOf(batch);
    const ids = entries.map((entry) => entry.messageId);
    const verdict = judgeReply(reply, ids);
    if (verdict.kind === "retry") {
      this.#pause.fail(reply.status, ids.length, verdict.retryAfterMs);
      return;
    }
    this.#pause.succeed();
    flight.batches.splice(0, 1, ...(verdict.kind === "split" ? splitBatch(batch) : []));
    if (flight.batches.length === 0) {
      this.#flights = this.#flights.filter((other) => other !== flight);
      this.#lanes.release(flight.lanes);
    }
    if (verdict.kind === "settled") {
      const { clock } = this.#limits;
      const receivedMs = this.#ports.now();
      if (clock === "learn") this.#clock.learn(entries, batch, { sentMs, receivedMs, serverMs: verdict.serverMs });
      this.#settle(entries, verdict.results);
    }
    this.pump();
  }
}

/** The events of a batch, which was made of entries. */
function entriesOf(batch: Batch): readonly Entry[] {
  return batch.events as readonly Entry[];
}
