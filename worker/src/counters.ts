import type { RejectReason } from "@sluice/schema";
import type { RefusalCode } from "./refusal.ts";

/** What an isolate has done since it started, as `GET /v1/internal/counters` shows it. */
export interface CounterReport {
  /** Messages that the queue took, replayed ones included. */
  readonly messagesSent: number;
  /** Messages that went to R2 because the queue did not take them. */
  readonly messagesSpilled: number;
  /** Spilled messages that a cron run of this isolate brought to the queue. */
  readonly messagesReplayed: number;
  /** Ingest requests that have not been answered yet. */
  readonly requestsInFlight: number;
  readonly eventsAccepted: number;
  /** Rejected events by reason. */
  readonly eventsRejected: Readonly<Record<string, number>>;
  /** Requests refused as a whole, by code. */
  readonly requestsRefused: Readonly<Record<string, number>>;
}

/** In-memory counts of one isolate. They cost nothing and are lost with it; keys come from closed sets only. */
export class Counters {
  #messagesSent = 0;
  #messagesSpilled = 0;
  #messagesReplayed = 0;
  #requestsInFlight = 0;
  #eventsAccepted = 0;
  readonly #eventsRejected = new Map<RejectReason, number>();
  readonly #requestsRefused = new Map<RefusalCode, number>();

  requestStarted(): void {
    this.#requestsInFlight++;
  }

  requestEnded(): void {
    this.#requestsInFlight--;
  }

  messageSent(): void {
    this.#messagesSent++;
  }

  messageSpilled(): void {
    this.#messagesSpilled++;
  }

  messageReplayed(): void {
    this.#messagesSent++;
    this.#messagesReplayed++;
  }

  eventsAccepted(count: number): void {
    this.#eventsAccepted += count;
  }

  eventRejected(reason: RejectReason): void {
    this.#eventsRejected.set(reason, (this.#eventsRejected.get(reason) ?? 0) + 1);
  }

  requestRefused(code: RefusalCode): void {
    this.#requestsRefused.set(code, (this.#requestsRefused.get(code) ?? 0) + 1);
  }

  report(): CounterReport {
    return {
      messagesSent: this.#messagesSent,
      messagesSpilled: this.#messagesSpilled,
      messagesReplayed: this.#messagesReplayed,
      requestsInFlight: this.#requestsInFlight,
      eventsAccepted: this.#eventsAccepted,
      eventsRejected: Object.fromEntries(this.#eventsRejected),
      requestsRefused: Object.fromEntries(this.#requestsRefused),
    };
  }
}
