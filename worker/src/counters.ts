import type { RejectReason } from "@sluice/schema";
import { Histogram, type HistogramReport } from "./histogram.ts";
import { countedLibrariesMax, countedSourcesMax } from "./limits.ts";
import type { RefusalCode } from "./refusal.ts";
import { type Verdicts, VerdictTally } from "./verdict-tally.ts";

/** What an isolate has done since it started, as `GET /v1/internal/counters` shows it. */
export interface CounterReport {
  /** Messages that the queue took, replayed ones included. */
  readonly messagesSent: number;
  /** Messages that went to R2 because the queue did not take them. */
  readonly messagesSpilled: number;
  /** Spilled messages that this isolate brought to the queue. */
  readonly messagesReplayed: number;
  /** Tries to send that failed or took too long. */
  readonly sendsFailed: number;
  /** Ingest requests that have not been answered yet. */
  readonly requestsInFlight: number;
  /** Ingest requests answered with 200. */
  readonly requestsAccepted: number;
  readonly eventsAccepted: number;
  /** Rejected events by reason. */
  readonly eventsRejected: Readonly<Record<string, number>>;
  /** Requests refused as a whole, by code. */
  readonly requestsRefused: Readonly<Record<string, number>>;
  /** Events by `project/source`, at most 500 of them and `other`. */
  readonly eventsBySource: Readonly<Record<string, Verdicts>>;
  /** Events by the library that the request's first event names, at most 200 of them and `other`. */
  readonly eventsByLibrary: Readonly<Record<string, Verdicts>>;
  /** Calls of `/v1/m`, which are counted and ignored. */
  readonly clientMetrics: number;
  /** How often a write key passed the alarm for its requests per minute. */
  readonly keyAlarms: number;
  /** Questions to the rate-limit binding that it did not answer; the request went on. */
  readonly brakeFailures: number;
  readonly histograms: Readonly<Record<HistogramName, HistogramReport>>;
}

const bytesBounds = [256, 1024, 4096, 16_384, 65_536, 262_144, 1_000_000, 8_000_000];
const msBounds = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];
const histogramBounds = {
  /** Bytes over the wire, of accepted requests. */
  requestBytes: bytesBounds,
  /** Bytes of JSON, of accepted requests. */
  bodyBytes: bytesBounds,
  batchEvents: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000],
  /** Time until the queue took a message, by try, ms. */
  sendMs: msBounds,
  /** Time until a request was answered, reading its body included, ms. */
  requestMs: msBounds,
} as const;

/** The distributions that are kept. */
export type HistogramName = keyof typeof histogramBounds;

/** An accepted request, as it is counted. */
export interface CountedRequest {
  /** `project/source`. */
  readonly source: string;
  readonly library: string;
  readonly wireBytes: number;
  readonly bodyBytes: number;
  readonly events: number;
  readonly reasons: readonly RejectReason[];
}

/**
 * In-memory counts of one isolate. They cost nothing and are lost with it. Their labels are closed sets, names that the operator
 * chose, or bounded in number.
 */
export class Counters {
  readonly #totals = {
    messagesSent: 0,
    messagesSpilled: 0,
    messagesReplayed: 0,
    sendsFailed: 0,
    requestsInFlight: 0,
    requestsAccepted: 0,
    eventsAccepted: 0,
    clientMetrics: 0,
    keyAlarms: 0,
    brakeFailures: 0,
  };
  readonly #eventsRejected = new Map<RejectReason, number>();
  readonly #requestsRefused = new Map<RefusalCode, number>();
  readonly #bySource = new VerdictTally(countedSourcesMax);
  readonly #byLibrary = new VerdictTally(countedLibrariesMax);
  readonly #histograms = new Map(
    Object.entries(histogramBounds).map(([name, bounds]) => [name as HistogramName, new Histogram(bounds)]),
  );

  requestStarted(): void {
    this.#totals.requestsInFlight++;
  }

  requestEnded(ms: number): void {
    this.#totals.requestsInFlight--;
    this.observe("requestMs", ms);
  }

  messageSent(): void {
    this.#totals.messagesSent++;
  }

  messageSpilled(): void {
    this.#totals.messagesSpilled++;
  }

  messageReplayed(): void {
    this.#totals.messagesSent++;
    this.#totals.messagesReplayed++;
  }

  sendFailed(): void {
    this.#totals.sendsFailed++;
  }

  clientMetricsReceived(): void {
    this.#totals.clientMetrics++;
  }

  keyAlarmed(): void {
    this.#totals.keyAlarms++;
  }

  brakeFailed(): void {
    this.#totals.brakeFailures++;
  }

  requestAccepted(request: CountedRequest): void {
    const rejected = request.reasons.length;
    const accepted = request.events - rejected;
    this.#totals.requestsAccepted++;
    this.#totals.eventsAccepted += accepted;
    for (const reason of request.reasons) this.#eventsRejected.set(reason, (this.#eventsRejected.get(reason) ?? 0) + 1);
    this.#bySource.add(request.source, accepted, rejected);
    this.#byLibrary.add(request.library, accepted, rejected);
    this.observe("requestBytes", request.wireBytes);
    this.observe("bodyBytes", request.bodyBytes);
    this.observe("batchEvents", request.events);
  }

  requestRefused(code: RefusalCode): void {
    this.#requestsRefused.set(code, (this.#requestsRefused.get(code) ?? 0) + 1);
  }

  observe(name: HistogramName, value: number): void {
    this.#histograms.get(name)?.observe(value);
  }

  report(): CounterReport {
    const histograms = [...this.#histograms].map(([name, histogram]) => [name, histogram.report()]);
    return {
      ...this.#totals,
      eventsRejected: Object.fromEntries(this.#eventsRejected),
      requestsRefused: Object.fromEntries(this.#requestsRefused),
      eventsBySource: this.#bySource.report(),
      eventsByLibrary: this.#byLibrary.report(),
      histograms: Object.fromEntries(histograms) as Record<HistogramName, HistogramReport>,
    };
  }
}
