import type { ClockState } from "./clock-offset.ts";
import type { BuiltEvent } from "./event.ts";
import type { RandomBytes } from "./ulid.ts";
import type { EventResult, RetryNotice } from "./results.ts";

/** One request to `POST {host}/v1/batch`. */
export interface SendRequest {
  /** JSON text; the shell may compress it. */
  readonly body: string;
  /** The process or page is about to go: send without waiting for anything (no asynchronous compression). */
  readonly urgent: boolean;
}

/** The answer, as far as the engine needs it. */
export interface SendReply {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** The `Retry-After` header, if any. */
  readonly retryAfter?: string | null;
  /** Body text. Needed for 200 only. */
  readonly body?: string;
}

/** An event as a store keeps it. */
export type StoredEvent = Pick<BuiltEvent, "messageId" | "json" | "stampMs">;

/**
 * Where events wait across restarts. Calls take effect in the order they were made. None of them may throw
 * or reject: a store that fails answers `false`, and the event stays in memory.
 */
export interface EventStore {
  /** Everything that was appended and not removed, oldest first. */
  load(): readonly StoredEvent[] | Promise<readonly StoredEvent[]>;
  /** Whether the event is on disk now. */
  append(event: StoredEvent): boolean | Promise<boolean>;
  remove(messageIds: readonly string[]): void;
}

/** Everything the engine needs of its platform. */
export interface EnginePorts {
  /** Wall clock, ms since 1970. */
  now(): number;
  readonly random: RandomBytes;
  /** Sends a request. Should not reject; a rejection counts as no answer. */
  send(request: SendRequest): Promise<SendReply>;
  /** Runs a function once after a time; returns what cancels it. */
  setTimer(run: () => void, delayMs: number): () => void;
  /** Where events are kept; without it, in memory only. */
  readonly store?: Pick<EventStore, "append" | "remove">;
  /** Told of every event that is settled. */
  onResult?(result: EventResult): void;
  /** Told when a batch has to wait. */
  onRetry?(notice: RetryNotice): void;
  /** Told what is known of the device's clock when it changes, to be given to the next engine as `clock`. */
  onClock?(state: ClockState): void;
}

/** Options of the engine; every SDK passes them through under the same names. */
export interface EngineOptions {
  /** Write key of the source, sent in the body. */
  readonly writeKey: string;
  /** Events that make a batch; default 100. */
  readonly flushAt?: number;
  /** Longest time an event waits for its batch to fill, ms; default 2,000. */
  readonly flushIntervalMs?: number;
  /** Bytes of JSON in one batch; default 450,000. */
  readonly maxBatchBytes?: number;
  /** Events in the queue, those in flight included; default 10,000. A queue that has reached it takes no new event. */
  readonly maxQueueEvents?: number;
  /** Bytes of JSON in the queue, those in flight included; default 16 MiB. A queue that has reached it takes no new event. */
  readonly maxQueueBytes?: number;
  /** Batches in flight; default 1, which keeps the order. */
  readonly maxInFlight?: number;
  /** What an earlier run has learned of the device's clock; default: nothing. */
  readonly clock?: ClockState;
}
