import type { HourArrivals } from "./arrivals.ts";
import type { StreamNote } from "./receipt.ts";
import type { KeyKind } from "./write-key.ts";

/*
 * The RPC surface of the shard log, the Durable Object that dedupes and stores the events of one
 * project and shard. `queue-consumer` implements it; `queue-consumer` and `analytics` call it.
 */

/** Name of the Durable Object of a project's shard. */
export function shardLogName(project: string, shard: number): string {
  return `${project}:${shard}`;
}

/** Which of the lake's two datasets a row goes to. */
export type Dataset = "events" | "rejected";

/** One queue message's part that goes to one shard: the unit of redelivery. */
export interface AppendSlice {
  readonly receiptId: string;
  /** Index, in the original request, of the first event of the queue message. */
  readonly firstIndex: number;
  readonly source: string;
  readonly receivedAtMs: number;
  readonly isolateId: string;
  readonly sequence: number;
  /** The receipt's place in its stream, and the events of the whole queue message; absent where the receipt has none. */
  readonly stream?: StreamNote & { readonly events: number };
}

/** One event or reject on its way into the log. */
export interface AppendRow {
  /** Index into {@link AppendRequest.slices}. */
  readonly slice: number;
  readonly dataset: Dataset;
  /** For `events` the message id; for `rejected` `receiptId-index`, which makes a reject idempotent. */
  readonly id: string;
  readonly keyKind: KeyKind;
  /** Hour (ms) whose bucket of seen ids holds this id: the same for every resend of the event. */
  readonly bucketHourMs: number;
  /** Hour (ms) of the file that will hold the row. */
  readonly fileHourMs: number;
  /** The row as JSON, in the lake's form (`@sluice/lake` serializeRow). */
  readonly row: string;
}

/** What one call of `append` stores, in one transaction. */
export interface AppendRequest {
  readonly project: string;
  readonly shard: number;
  readonly slices: readonly AppendSlice[];
  readonly rows: readonly AppendRow[];
}

/** `overloaded` and `full` are to be retried later; nothing was stored. */
export type AppendResult =
  | {
      readonly ok: true;
      readonly stored: number;
      readonly duplicate: number;
      readonly rejected: number;
      /** Slices that had been taken before (redelivery) and were skipped whole. */
      readonly skippedSlices: number;
      /** Sequence of the block written, or the last one when nothing was new. */
      readonly logSequence: number;
    }
  | { readonly ok: false; readonly reason: "full" | "overloaded" };

/** A part of the lake that was written or replaced. */
export interface HourChange {
  /** Position in the log's outbox; strictly growing. */
  readonly change: number;
  readonly dataset: Dataset;
  readonly hourMs: number;
  /** Key of the object in R2. */
  readonly key: string;
  readonly etag: string;
  readonly rows: number;
  /** Highest block sequence of this hour that the part includes. */
  readonly logSequence: number;
}

/** A page of the outbox. Ask again with the last `change` until it is empty. */
export interface ChangePage {
  readonly changes: readonly HourChange[];
  /** Identity of the log's storage: another value means that the outbox began anew. */
  readonly birthId: string;
}

/** Counts of one source and receipt hour. `received = stored + duplicate + rejected` for what the log has taken. */
export interface LedgerRow {
  readonly source: string;
  /** Hour of receipt, ms. */
  readonly hourMs: number;
  readonly received: number;
  readonly stored: number;
  readonly duplicate: number;
  readonly rejected: number;
}

/** An id whose row is looked for. */
export interface SoughtId {
  readonly dataset: Dataset;
  readonly keyKind: KeyKind;
  readonly id: string;
  readonly bucketHourMs: number;
}

/** State of a log, for operators and tests. */
export interface LogStatus {
  readonly birthId: string;
  /** Rows stored but not yet confirmed in the lake. */
  readonly pendingRows: number;
  readonly logSequence: number;
  readonly lastChange: number;
  readonly databaseBytes: number;
}

/** The methods of the Durable Object. */
export interface ShardLogRpc {
  append(request: AppendRequest): Promise<AppendResult>;
  /** Publishes everything that is pending; resolves when it is confirmed in the lake. */
  flush(): Promise<LogStatus>;
  /** Re-arms the alarm if it is gone; says how the log is. */
  status(): Promise<LogStatus>;
  changes(sinceChange: number, limit: number): Promise<ChangePage>;
  ledger(fromMs: number, toMs: number): Promise<readonly LedgerRow[]>;
  /** Arrivals of hours of receipt from `fromMs` (inclusive) to `toMs` (exclusive); kept for 35 days. */
  arrivals(fromMs: number, toMs: number): Promise<HourArrivals>;
  /** Which of these ids the log has stored, in their order. */
  knows(ids: readonly SoughtId[]): Promise<readonly boolean[]>;
}
