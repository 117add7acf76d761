import type { CallOptions, EngineOptions, EventResult, Fields, FlushReport } from "@sluice/core";

/** Options of `createClient`. */
export interface WebOptions extends Pick<EngineOptions, "writeKey" | "flushAt"> {
  /** Where the ingest Worker answers, for example `https://in.example.com`. */
  readonly host: string;
  /** Longest time an event waits for its batch to fill, ms; default 2,000. */
  readonly flushIntervalMs?: number;
  /** Told of every event that was delivered, rejected or dropped. What it throws is ignored. */
  readonly onResult?: ((result: EventResult) => void) | undefined;
}

/**
 * The Sluice client of a page. Methods return at once and never throw. Every call may end with `options`:
 * `messageId`, `timestamp`, `context`.
 */
export interface WebClient {
  /** Somebody did something: `track("Product Added", { sku: "A1" })`. */
  track(event: string, properties?: Fields, options?: CallOptions): void;
  /** Says who this is; the user id goes with every later event until `reset`. Without id only traits are sent. */
  identify(userId?: string, traits?: Fields, options?: CallOptions): void;
  /** A page was seen; address, title and referrer are added. */
  page(name?: string, properties?: Fields, options?: CallOptions): void;
  /** A screen was seen. */
  screen(name?: string, properties?: Fields, options?: CallOptions): void;
  /** This user belongs to a group. */
  group(groupId: string, traits?: Fields, options?: CallOptions): void;
  /** `userId` is the person known as `previousId` (default: the current user or anonymous id). */
  alias(userId: string, previousId?: string, options?: CallOptions): void;
  /** Forgets the user: a new anonymous id and a new session. */
  reset(): void;
  /** Sends everything now; resolves when it is settled, or after `timeoutMs` (default 10,000). Never rejects. */
  flush(timeoutMs?: number): Promise<FlushReport>;
  /** The anonymous id of this browser; "" where there is no page. */
  anonymousId(): string;
}
