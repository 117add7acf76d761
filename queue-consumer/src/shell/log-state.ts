import {
  type AppendRequest,
  type AppendResult,
  ArrivalTally,
  type HourArrivals,
  hourOf,
  type LedgerRow,
  type SoughtId,
} from "@sluice/schema";
import { type AppendPlan, planAppend, refusalOf } from "../log/append-plan.ts";
import { type Block, type BucketHashes, concatenate, unpackHashes } from "../log/block.ts";
import { LedgerTally } from "../log/ledger.ts";
import { blockBodyBytesMax, blockBytesMax, foldedBytesMax, foldedSliceBytesMax, liveHashesMax } from "../log/limits.ts";
import { packBlocks } from "../log/pack-blocks.ts";
import { partSizeAfter, type RowsSize } from "../log/publish-plan.ts";
import { PendingHours } from "../log/pending-hours.ts";
import { hashIds, hashRequest, type RequestHashes } from "../log/request-hashes.ts";
import { SeenIndex } from "../log/seen-index.ts";
import { hashBytes } from "../log/seen-set.ts";
import { groupBy } from "../group-by.ts";
import { newBirthId, newHashKey, wordsOfKey } from "./hashing.ts";
import type { LogStorage } from "./log-storage.ts";

/**
 * What the log knows: SQL, and in memory what is needed to decide fast. Memory is a copy: it is changed only after
 * the transaction that made the same change in SQL, and is rebuilt from SQL when the object starts.
 */
export class LogState {
  readonly storage: LogStorage;
  readonly birthId: string;
  readonly pending = new PendingHours();
  readonly #hashKey: Uint32Array;
  readonly #seen: SeenIndex;
  readonly #taken: SeenIndex;
  readonly #ledger = new LedgerTally();
  /** Times in a row that an earlier life of this object ended while it published. */
  readonly #deaths: number;
  /** What the unfolded blocks tell of the streams. */
  readonly #arrivals = new ArrivalTally();
  /** First sequence of the block table that takes appends. */
  #table = 1;
  #lastSequence = 0;
  #place: { readonly project: string; readonly shard: number } | null = null;

  constructor(storage: LogStorage) {
    this.storage = storage;
    storage.create({ birthId: newBirthId(), hashKey: newHashKey() });
    this.birthId = storage.meta("birthId") ?? missing("birthId");
    this.#hashKey = wordsOfKey(storage.meta("hashKey") ?? missing("hashKey"));
    this.#seen = new SeenIndex({ load: (bucketMs) => storage.seenHashes(bucketMs) }, foldedBytesMax);
    this.#taken = new SeenIndex({ load: (bucketMs) => storage.sliceHashes(bucketMs) }, foldedSliceBytesMax);
    this.#deaths = Number(storage.meta("deaths") ?? 0);
    this.#rebuild();
  }

  /** What a part of this log may hold. */
  get partSizeMax(): RowsSize {
    return partSizeAfter(this.#deaths);
  }

  /** Says that publishing begins or has ended: what a life that ends in between leaves behind is one death more. */
  async setPublishing(isPublishing: boolean): Promise<void> {
    this.storage.transaction(() => this.storage.setMeta("deaths", String(isPublishing ? this.#deaths + 1 : 0)));
    await this.storage.sync(); // what is not on disk yet would die with the object
  }

  /** Sequence of the newest block; 0 before the first. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  /** Project and shard of the log, or `null` before the first append. */
  get place(): { readonly project: string; readonly shard: number } | null {
    return this.#place;
  }

  /** Stores what is new of a request, in one transaction; synchronous, so that nothing comes between. */
  append(request: AppendRequest, nowMs: number): AppendResult {
    this.#assertPlace(request);
    const reason = refusalOf({
      databaseBytes: this.storage.databaseBytes,
      pendingSegments: this.pending.segments,
    });
    if (reason !== null) return { ok: false, reason };
    if (this.#seen.liveCount >= liveHashesMax) this.#foldAndDrop([], nowMs);
    const hashes = hashRequest(request, this.#hashKey);
    const plan = planAppend(request, hashes, this.#seen, this.#taken);
    if (plan.slices.length > 0) this.#store(plan, hashes, nowMs);
    const { stored, duplicate, rejected, skippedSlices } = plan;
    return { ok: true, stored, duplicate, rejected, skippedSlices, logSequence: this.#lastSequence };
  }

  /** Starts a new block table, so that the present one can be dropped once it is published. */
  seal(): void {
    if (this.#lastSequence < this.#table) return; // still empty
    const next = this.#lastSequence + 1;
    this.storage.transaction(() => this.storage.createBlockTable(next));
    this.#table = next;
  }

  /** Drops the sealed block tables that are wholly published; what their blocks still carry is folded in the same transaction. */
  dropPublished(nowMs: number): void {
    const needed = this.pending.tables();
    const done = this.storage.blockTables().filter((table) => table !== this.#table && !needed.has(table));
    if (done.length > 0) this.#foldAndDrop(done, nowMs);
  }

  /** Counts of receipt hours from `fromMs` (inclusive) to `toMs` (exclusive). */
  ledger(fromMs: number, toMs: number): readonly LedgerRow[] {
    const sum = new LedgerTally();
    for (const row of this.storage.ledger.counts(fromMs, toMs)) sum.add(row);
    for (const row of this.#ledger.rows()) if (row.hourMs >= fromMs && row.hourMs < toMs) sum.add(row);
    return [...sum.rows()].sort((a, b) => a.hourMs - b.hourMs || (a.source < b.source ? -1 : 1));
  }

  /** Arrivals of receipt hours from `fromMs` (inclusive) to `toMs` (exclusive). */
  arrivals(fromMs: number, toMs: number): HourArrivals {
    const all = new ArrivalTally();
    for (const hour of this.storage.ledger.arrivals(fromMs, toMs)) all.add(hour);
    const { streams, untracked } = this.#arrivals.arrivals();
    const isAsked = ({ hourMs }: { readonly hourMs: number }): boolean => hourMs >= fromMs && hourMs < toMs;
    all.add({ streams: streams.filter(isAsked), untracked: untracked.filter(isAsked) });
    return all.arrivals();
  }

  /** Which ids are stored, in their order. */
  knows(ids: readonly SoughtId[]): readonly boolean[] {
    const hashes = hashIds(ids, this.#hashKey);
    return ids.map(({ bucketHourMs }, i) => this.#seen.has(bucketHourMs, hashes, i * hashBytes));
  }

  #store(plan: AppendPlan, hashes: RequestHashes, nowMs: number): void {
    const content = {
      takenAtMs: nowMs,
      slices: plan.slices,
      eventHashes: hashes.events,
      sliceHashes: sliceBuckets(plan, hashes.slices),
      ledger: plan.ledger,
      arrivals: plan.arrivals,
    };
    const blocks = packBlocks(content, { bytesMax: blockBytesMax, bodyBytesMax: blockBodyBytesMax });
    const first = this.#lastSequence + 1;
    this.storage.transaction(() => {
      blocks.forEach((block, i) => this.storage.insertBlock(this.#table, first + i, block));
    });
    blocks.forEach((block, i) => this.#remember(this.#table, first + i, block));
  }

  #remember(table: number, sequence: number, block: Block): void {
    this.#lastSequence = sequence;
    this.pending.add(sequence, table, block.header);
    this.#rememberUnfolded(block);
  }

  #rememberUnfolded(block: Pick<Block, "header" | "hashes">): void {
    const { ids, slices } = unpackHashes(block.header, block.hashes);
    for (const bucket of ids) this.#seen.addLive(bucket.bucketMs, bucket.packed);
    for (const bucket of slices) this.#taken.addLive(bucket.bucketMs, bucket.packed);
    for (const row of block.header.ledger) this.#ledger.add(row);
    if (block.header.arrivals !== undefined) this.#arrivals.add(block.header.arrivals);
  }

  #foldAndDrop(tables: readonly number[], nowMs: number): void {
    const ids = this.#seen.packLive();
    const slices = this.#taken.packLive();
    this.storage.transaction(() => {
      this.storage.addSeen(ids);
      this.storage.addSlices(slices, nowMs);
      this.storage.ledger.addCounts(this.#ledger.rows());
      this.storage.ledger.addArrivals(this.#arrivals.arrivals(), nowMs);
      this.storage.setMeta("foldedThrough", String(this.#lastSequence));
      for (const table of tables) this.storage.dropBlockTable(table);
    });
    this.#seen.foldedLive(ids);
    this.#taken.foldedLive(slices);
    this.#ledger.clear();
    this.#arrivals.clear();
  }

  #rebuild(): void {
    const project = this.storage.meta("project");
    if (project !== null) this.#place = { project, shard: Number(this.storage.meta("shard") ?? missing("shard")) };
    const foldedThrough = Number(this.storage.meta("foldedThrough") ?? 0);
    this.#table = this.storage.blockTables().at(-1) ?? missing("block table");
    this.#lastSequence = this.#table - 1;
    const published = new Map<string, number>();
    for (const { table, sequence, header } of this.storage.blocks()) {
      this.#lastSequence = Math.max(this.#lastSequence, sequence);
      this.pending.add(sequence, table, header, ({ dataset, hourMs }) => {
        const key = `${dataset} ${hourMs}`;
        const through = published.get(key) ?? this.storage.publishedThrough(dataset, hourMs);
        published.set(key, through);
        return sequence <= through;
      });
      if (sequence <= foldedThrough) continue;
      this.#rememberUnfolded({ header, hashes: this.storage.blockHashes(table, sequence) });
    }
  }

  /** The name of the object chose project and shard; a request for another would be stored under the wrong one. */
  #assertPlace(request: AppendRequest): void {
    const { project, shard } = request;
    if (this.#place === null) {
      this.storage.transaction(() => {
        this.storage.setMeta("project", project);
        this.storage.setMeta("shard", String(shard));
      });
      this.#place = { project, shard };
    } else if (this.#place.project !== project || this.#place.shard !== shard) {
      throw new Error("an append for another project or shard");
    }
  }
}

/** Hashes of the slices that an append takes, by receipt hour. */
function sliceBuckets(plan: AppendPlan, packed: Uint8Array): readonly BucketHashes[] {
  const buckets = groupBy(plan.slices, ({ slice }) => hourOf(slice.receipt.receivedAtMs));
  return [...buckets].map(([bucketMs, slices]) => ({
    bucketMs,
    packed: concatenate(slices.map(({ index }) => packed.subarray(index * hashBytes, (index + 1) * hashBytes))),
  }));
}

function missing(what: string): never {
  throw new Error(`the log has no ${what}`);
}
