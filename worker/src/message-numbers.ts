import { hourMs as hourLengthMs, hourOf, type VoidedMessage } from "@sluice/schema";
import type { MessageNumber } from "./pack.ts";

/** Voided messages that one note tells of; the next message tells of the next ones. */
const voidedToldMax = 50;
/** Voided messages that a stream remembers, in an outage that outlasts them all. What is forgotten counts as suspected lost. */
const voidedKeptMax = 10_000;
/** Streams that an isolate remembers: its sources, in this hour and the one before. With more it begins anew under a new id. */
const streamsMax = 10_000;

/** The numbers of one request's messages. */
export interface RequestNumbers {
  /** The number of the next message; the same until it is taken. */
  nextNumber(): MessageNumber;
  /** Gives that number to a message of so many events. */
  takeNumber(events: number): void;
  /** Ends the request: its messages are durable, or its sender was told that they are not taken. */
  settle(isDurable: boolean): void;
}

interface Stream {
  messages: number;
  events: number;
  /** Not told of in a durable message yet. */
  voided: readonly VoidedMessage[];
}

/**
 * Numbers the messages of an isolate by source and hour of receipt, and counts the events in them. Whoever sees a later number
 * can tell from its note how many events the missing ones hold. Each message also tells how far the hour before went, since
 * nothing of that hour follows its last message.
 */
export class MessageNumbers {
  readonly #newId: () => string;
  #isolateId: string;
  /** By source and hour. */
  readonly #streams = new Map<string, Stream>();
  #newestHourMs = 0;

  /** @param newId makes a random id: once, and again where numbers would otherwise be given out twice. */
  constructor(newId: () => string) {
    this.#newId = newId;
    this.#isolateId = newId();
  }

  /** Random id of this isolate. */
  get isolateId(): string {
    return this.#isolateId;
  }

  /** Numbers for the messages of one request. */
  forRequest(request: {
    readonly project: string;
    readonly source: string;
    readonly receivedAtMs: number;
  }): RequestNumbers {
    const hourMs = hourOf(request.receivedAtMs);
    const source = `${request.project}/${request.source}`;
    this.#enterHour(hourMs);
    const stream = this.#stream(source, hourMs);
    const previous = this.#streams.get(`${source} ${hourMs - hourLengthMs}`) ?? null;
    const isolateId = this.#isolateId;
    const issued: VoidedMessage[] = [];
    const told = new Set<VoidedMessage>();
    const nextNumber = (): MessageNumber => ({
      isolateId,
      sequence: stream.messages + 1,
      stream: {
        eventsBefore: stream.events,
        voided: firstOf(stream),
        previous: previous && {
          hourMs: hourMs - hourLengthMs,
          messages: previous.messages,
          events: previous.events,
          voided: firstOf(previous),
        },
      },
    });
    return {
      nextNumber,
      takeNumber: (events) => {
        for (const one of [stream, previous]) for (const entry of one === null ? [] : firstOf(one)) told.add(entry);
        stream.messages += 1;
        stream.events += events;
        issued.push({ sequence: stream.messages, events });
      },
      settle: (isDurable) => {
        if (!isDurable) stream.voided = [...stream.voided, ...issued].slice(-voidedKeptMax);
        else if (told.size > 0) for (const one of [stream, previous]) forget(one, told);
      },
    };
  }

  /** Forgets hours whose last requests have been answered. A clock that goes back that far would repeat their numbers. */
  #enterHour(hourMs: number): void {
    if (hourMs > this.#newestHourMs) {
      this.#newestHourMs = hourMs;
      for (const key of this.#streams.keys()) {
        if (Number(key.slice(key.indexOf(" ") + 1)) < hourMs - hourLengthMs) this.#streams.delete(key);
      }
    } else if (hourMs < this.#newestHourMs - hourLengthMs) this.#beginAnew(hourMs);
  }

  #stream(source: string, hourMs: number): Stream {
    const known = this.#streams.get(`${source} ${hourMs}`);
    if (known !== undefined) return known;
    if (this.#streams.size >= streamsMax) this.#beginAnew(hourMs);
    const stream: Stream = { messages: 0, events: 0, voided: [] };
    this.#streams.set(`${source} ${hourMs}`, stream);
    return stream;
  }

  #beginAnew(hourMs: number): void {
    this.#streams.clear();
    this.#newestHourMs = hourMs;
    this.#isolateId = this.#newId();
  }
}

function firstOf(stream: Stream): readonly VoidedMessage[] {
  return stream.voided.length === 0 ? stream.voided : stream.voided.slice(0, voidedToldMax);
}

function forget(stream: Stream | null, told: ReadonlySet<VoidedMessage>): void {
  if (stream !== null && stream.voided.length > 0) stream.voided = stream.voided.filter((entry) => !told.has(entry));
}
