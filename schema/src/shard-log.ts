import type { HourArrivals } from "./arrivals.ts";
import type { Receipt } from "./receipt.ts";
import type { TailPage, TailRequest } from "./tail.ts";
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

/** What of one queue message goes to one shard: the unit of redelivery. Its rows are made when it is published. */
export interface AppendSlice {
  readonly receipt: Receipt;
  /** The receipt as it came: JSON in UTF-8. It is stored so, and read again when the rows are made. */
  readonly receiptJson: Uint8Array;
  /** What the events are read from later. Mostly one: the client's own. */
  readonly bodies: readonly AppendBody[];
  /** The files that the events go to, each once. */
  readonly segments: readonly AppendSegment[];
  /** Columns, one value per event: an object for each would cost more than its share of the body. */
  readonly events: {
    /** Position of the event in the message, ascending; its index in the request is `receipt.firstIndex` more. */
    readonly positions: Uint16Array;
    /** For `events` the message id; for `rejected` `receiptId-index`, which makes a reject idempotent. */
    readonly ids: IdTexts;
    /** Hour (ms) whose bucket of seen ids holds this id: the same for every resend of the event, but for ids that state no time. */
    readonly bucketHoursMs: Float64Array;
    /** Index into `segments`. */
    readonly segments: Uint16Array;
  };
}

/** Ids of events, as what the log hashes. */
export interface IdTexts {
  /** For each event a byte for key class and dataset, then its id in UTF-8. */
  readonly bytes: Uint8Array;
  /** For each event: where its text ends. */
  readonly ends: Uint32Array;
}

/** Events as JSON in gzip, at most 127 KB of it. */
export interface AppendBody {
  /** `request`: the client's own body, events in order; `picked`: an array of `[index in the request, event]`. */
  readonly form: "request" | "picked";
  readonly gzip: Uint8Array;
  /** Decompressed size. */
  readonly bytes: number;
  /** Events in it. */
  readonly events: number;
}

/** One file that events of a message go to. */
export interface AppendSegment {
  readonly dataset: Dataset;
  /** Hour (ms) of the file that will hold the rows. It binds, whatever later code would make of the events' times. */
  readonly fileHourMs: number;
  /** Index into the slice's bodies: where its events are. */
  readonly body: number;
}

/** What one call of `append` stores, in one transaction. */
export interface AppendRequest {
  readonly project: string;
  readonly shard: number;
  readonly slices: readonly AppendSlice[];
}

/**
 * An {@link AppendRequest} on its way: a few columns over all its slices, since what a call costs grows with the number of
 * values that it clones, and hardly with their size. Read and written in one place, `queue-consumer/src/log/packed-append.ts`.
 */
export interface PackedAppend {
  /** Of this layout. A log refuses another as `overloaded`: while a deployment is under way, both ends may differ. */
  readonly version: number;
  readonly project: string;
  readonly shard: number;
  /** JSON array of the receipts, in UTF-8. */
  readonly receipts: Uint8Array;
  /** The bodies, one behind the other. */
  readonly bodies: Uint8Array;
  /**
   * For each slice: bytes of its receipt, then the numbers of its bodies, segments and events; of each body its form, its bytes as
   * gzip and decompressed, its events; of each segment its dataset and its body.
   */
  readonly counts: Uint32Array;
  /** For each slice: the file hours (ms) of its segments, then the bucket hours (ms) of its events. */
  readonly hoursMs: Float64Array;
  /** For each slice: the positions of its events, then their segments. */
  readonly places: Uint16Array;
  readonly ids: IdTexts;
}

/** `overloaded` and `full` are to be retried later; nothing was stored. A shard that is not open yet is `overloaded`. */
export type AppendResult =
  | {
      readonly ok: true;
      readonly stored: number;
      readonly duplicate: number;
      readonly rejected: number;
      /** Slices that had been taken before (redelivery) and were skipped whole. */
      readonly skippedSlices: number;
      /**
       * Slices, by index, that were left out whole and are to be sent again: some of their ids may be among those that the log
       * keeps in the lake's bucket, which did not answer, or would have had to be asked too often.
       */
      readonly unchecked: readonly number[];
      /** Sequence of the block written, or the last one when nothing was new. */
      readonly logSequence: number;
    }
  | { readonly ok: false; readonly reason: "full" | "overloaded" }
  /** Some of the ids belong to other shards, as of so many shards: to be routed anew. Nothing was stored. */
  | { readonly ok: false; readonly reason: "moved"; readonly shards: number };

/** What a shard gets of its parent, which from then on refuses the ids that belong to it. */
export interface Inheritance {
  /** The parent's key: both hash ids alike, so that one can ask the other. Secret. */
  readonly hashKey: string;
  readonly last: LastPlaces;
  /** Filters of ids that state a birth ahead of the split, and so lie behind the last one; each of at most 64 KiB. */
  readonly ahead: readonly Uint32Array<ArrayBuffer>[];
}

/** Positions of the last ones that a parent has, −1 where it has none; what lies behind them need not be asked for. */
export interface LastPlaces {
  readonly id: number;
  /** Of the ids that state no time. */
  readonly undatedId: number;
  readonly slice: number;
}

/** Hashes of ids or of slices, with their buckets. */
export interface HashesByBucket {
  readonly bucketHoursMs: Float64Array;
  /** 16 bytes each, under the common key. */
  readonly hashes: Uint8Array;
}

/** What a shard asks its parent for. */
export interface InheritedQuery {
  /** The shard that asks. */
  readonly child: number;
  readonly ids: HashesByBucket;
  readonly slices: HashesByBucket;
}

/** Answers to a query, per id and per slice: 0 is not there, 1 is there, 2 cannot be told now. */
export interface InheritedAnswers {
  readonly ids: Uint8Array;
  readonly slices: Uint8Array;
}

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
  /** Number of shards as of which the log owns its ids; 0 while it is not open. */
  readonly shards: number;
  /** Rows stored but not yet confirmed in the lake. */
  readonly pendingRows: number;
  readonly logSequence: number;
  readonly lastChange: number;
  readonly databaseBytes: number;
}

/** The methods of the Durable Object. */
export interface ShardLogRpc {
  append(request: PackedAppend): Promise<AppendResult>;
  /**
   * Publishes what is pending, for a bounded time; resolves when it is confirmed in the lake. While rows are pending that
   * were before, ask again: each call that does not throw publishes at least one part.
   */
  flush(): Promise<LogStatus>;
  /**
   * Opens a shard above the first, or does what `status` does when it is open. Its parent refuses the shard's ids first, and answers for the
   * old ones of them for ever. Shards are opened in the order of their numbers; throws while the one before is not open.
   */
  open(project: string, shard: number): Promise<LogStatus>;
  /** Gives up, for ever, the ids that belong to a child. Called by the child while it opens. */
  seal(child: number): Promise<Inheritance>;
  /** Which of a child's ids and slices were taken here, or in shards before, before it was opened. Called by the child. */
  inherited(query: InheritedQuery): Promise<InheritedAnswers>;
  /** Re-arms the alarm if it is gone; says how the log is. */
  status(): Promise<LogStatus>;
  changes(sinceChange: number, limit: number): Promise<ChangePage>;
  ledger(fromMs: number, toMs: number): Promise<readonly LedgerRow[]>;
  /** Arrivals of hours of receipt from `fromMs` (inclusive) to `toMs` (exclusive); kept for 35 days. */
  arrivals(fromMs: number, toMs: number): Promise<HourArrivals>;
  /** Rows of the newest blocks, whether they are published or not. */
  tail(request: TailRequest): Promise<TailPage>;
  /** Which of these ids the log has stored, in their order. */
  knows(ids: readonly SoughtId[]): Promise<readonly boolean[]>;
}
