import {
  type AppendResult,
  hourOf,
  type Inheritance,
  parentShardOf,
  shardEpochsOf,
  type SoughtId,
  undatedBucketMs,
  undatedDaysKept,
} from "@sluice/schema";
import { belongsTo } from "../consume/route-slice.ts";
import { type AppendPlan, newSlices, planAppend, refusalOf, type SeenBefore } from "../log/append-plan.ts";
import { type AskedIds, eitherHas, forEachId, type Inherited } from "../log/asked-ids.ts";
import { type Block, unpackHashes } from "../log/block.ts";
import { type Before, beforeOf, hasNoIds, textOfBefore, unaskedOf } from "../log/inheritance.ts";
import { BlockTables, isFoldDue } from "../log/live-tables.ts";
import { chooseWindows, ColdIds, type ColdPage, type ColdWindow } from "../log/cold-ids.ts";
import type { PlannedPage } from "../log/cold-object.ts";
import { FilterBudget } from "../log/filter-budget.ts";
import { blockBodyBytesMax, blockBytesMax, filterBytesMax, liveIdsMax, sliceDaysKept } from "../log/limits.ts";
import { packBlocks } from "../log/pack-blocks.ts";
import { partSizeAfter, type RowsSize } from "../log/publish-plan.ts";
import type { LogRequest } from "../log/packed-append.ts";
import { PendingHours } from "../log/pending-hours.ts";
import { oldIdsOf } from "../log/ahead-ids.ts";
import { hashIds, hashRequest, type RequestHashes } from "../log/request-hashes.ts";
import { type Entries, entryWords, firstPlaceOf, isUndatedPlace, readEntry } from "../log/seen-entries.ts";
import { mayHold } from "../log/seen-filter.ts";
import { SeenIndex } from "../log/seen-index.ts";
import { sliceBuckets, TakenSlices } from "../log/taken-slices.ts";
import { LogLedger } from "./log-ledger.ts";
import { newBirthId, newHashKey, wordsOfKey } from "./hashing.ts";
import type { LogStorage } from "./log-storage.ts";

/** One for all logs of this isolate. */
const filters = new FilterBudget(filterBytesMax);

const dayMs = 24 * 3_600_000;

/**
 * What the log knows: SQL, and in memory what is needed to decide fast. Memory is a copy: it is changed only after
 * the transaction that made the same change in SQL, and is rebuilt from SQL when the object starts.
 */
export class LogState {
  readonly storage: LogStorage;
  readonly birthId: string;
  readonly pending = new PendingHours();
  #hashKey: Uint32Array;
  readonly seen: SeenIndex;
  readonly cold: ColdIds;
  readonly #taken: TakenSlices;
  readonly ledger: LogLedger;
  /** Times in a row that an earlier life of this object ended while it published. */
  readonly #deaths: number;
  readonly tables = new BlockTables();
  readonly #liveMs: number;
  #lastSequence = 0;
  #foldedThrough = 0;
  #place: { readonly project: string; readonly shard: number } | null = null;
  #shards: number;
  /** Where the shards before end. */
  #before: Before;

  /** @param liveMs for how long published blocks are kept. */
  constructor(storage: LogStorage, liveMs: number) {
    this.storage = storage;
    this.ledger = new LogLedger(storage.ledger);
    this.#liveMs = liveMs;
    storage.create({ birthId: newBirthId(), hashKey: newHashKey() });
    this.birthId = storage.meta("birthId") ?? missing("birthId");
    this.#hashKey = wordsOfKey(storage.meta("hashKey") ?? missing("hashKey"));
    this.#shards = Number(storage.meta("shards") ?? 0);
    this.#before = beforeOf(storage.meta("inherited"));
    this.cold = new ColdIds((page, entry) =>
      mayHold(
        filters.get(page, () => storage.cold.filter(page)),
        entry,
      ),
    );
    this.cold.add(storage.cold.pages());
    this.seen = new SeenIndex(storage.seen, filters, this.cold);
    this.#taken = new TakenSlices(new SeenIndex(storage.slices, filters, null));
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

  /** Number of shards as of which the log owns its ids; 0 for the first while it has no others, and for others while they are not open. */
  get shards(): number {
    return this.#shards;
  }

  /** What is known of the shards before when they have not been asked yet. */
  unasked(): Inherited {
    return unaskedOf(this.#before);
  }

  /** The hashes of a request, under this log's key. */
  hash(request: LogRequest): RequestHashes {
    return hashRequest(request, this.#hashKey);
  }

  /**
   * What of a request may have to be looked for elsewhere than here, without what was taken before: ids, slice by slice, and the
   * slices themselves.
   */
  asked(request: LogRequest, hashes: RequestHashes): { readonly ids: readonly AskedIds[]; readonly slices: AskedIds } {
    const bucketHoursMs = Float64Array.from(request.slices, ({ receipt }) => hourOf(receipt.receivedAtMs));
    const slices = { bucketHoursMs, packed: hashes.slices, hashesAt: 0 };
    if (this.cold.last < 0 && hasNoIds(this.#before)) return { ids: [], slices };
    const own: SeenBefore = { has: (bucketMs, packed, at) => this.tookSlice(bucketMs, packed, at) };
    const ids = newSlices(request, hashes.slices, own).candidates.map(({ slice, hashesAt }) => ({
      bucketHoursMs: slice.events.bucketHoursMs,
      packed: hashes.events,
      hashesAt,
    }));
    return { ids, slices };
  }

  /**
   * What must be read from the lake's bucket before it can be told which ids were seen, as far as `windowsMax` reads go; and
   * the ids that need it.
   */
  unreadIds(
    asked: readonly AskedIds[],
    windowsMax: number,
  ): { readonly windows: readonly ColdWindow[]; readonly unread: readonly Entries[] } {
    const unread: Entries[] = [];
    if (this.cold.last < 0) return { windows: [], unread };
    const pages = asked.map((ids) => {
      const needed: ColdPage[] = [];
      forEachId([ids], (bucketMs, packed, at) => {
        if (this.seen.has(bucketMs, packed, at) !== null) return;
        const entry = new Uint32Array(entryWords);
        readEntry(bucketMs, packed, at, entry);
        unread.push(entry);
        needed.push(...this.cold.unread(entry));
      });
      return needed;
    });
    return { windows: chooseWindows(pages, windowsMax), unread };
  }

  /** Whether an id was stored here, or in the shards before; `null` when that cannot be told yet. */
  hasId(inherited: Inherited, bucketMs: number, packed: Uint8Array, at: number): boolean | null {
    const own = this.seen.has(bucketMs, packed, at);
    return own === true ? true : eitherHas(own, inherited.ids.has(bucketMs, packed, at));
  }

  /** Whether a slice was taken here, at any time, or before a child was opened. */
  tookSlice(bucketMs: number, packed: Uint8Array, at: number, child: number | null = null): boolean {
    const epochs = shardEpochsOf(this.#place?.shard ?? 0, child ?? this.#shards);
    return this.#taken.has(bucketMs, packed, at, epochs);
  }

  /** Whether a slice was taken here, or its ids in the shards before; `null` when that cannot be told yet. */
  #hasSlice(inherited: Inherited, bucketMs: number, packed: Uint8Array, at: number): boolean | null {
    return this.tookSlice(bucketMs, packed, at) || inherited.slices.has(bucketMs, packed, at);
  }

  /** Takes up the place of a shard above the first, and what its parent gave. */
  open(place: { readonly project: string; readonly shard: number }, { hashKey, ...before }: Inheritance): void {
    this.#assertPlace(place);
    this.storage.transaction(() => {
      this.storage.setMeta("hashKey", hashKey);
      this.storage.setMeta("inherited", textOfBefore(before));
      this.storage.setMeta("shards", String(place.shard + 1));
    });
    this.#hashKey = wordsOfKey(hashKey);
    this.#before = before;
    this.#shards = place.shard + 1;
  }

  /** Gives up the ids that belong to a child: from now on they are refused. */
  giveUp(child: number, nowMs: number): Inheritance {
    if (parentShardOf(child) !== (this.#place?.shard ?? 0)) throw new Error(`shard ${child} has another parent`);
    const shards = Math.max(this.#shards, child + 1);
    this.storage.transaction(() => this.storage.setMeta("shards", String(shards)));
    this.#shards = shards;
    const hashKey = this.storage.meta("hashKey") ?? missing("hashKey");
    const { last, ahead } = this.#before;
    const ids = oldIdsOf(this.seen, nowMs);
    const lastNow = {
      id: Math.max(ids.last, last.id),
      undatedId: Math.max(this.seen.lastUndatedPlace, last.undatedId),
      slice: Math.max(oldIdsOf(this.#taken.index, Infinity).last, last.slice),
    };
    return { hashKey, last: lastNow, ahead: ids.ahead === null ? ahead : [...ahead, ids.ahead] };
  }

  /** Why nothing of a request can be stored now, or `null`. */
  refusal(request: LogRequest): (AppendResult & { readonly ok: false }) | null {
    if (request.shard > 0 && this.#shards === 0) return { ok: false, reason: "overloaded" }; // is about to be opened
    this.#assertPlace(request);
    const shards = this.#shards;
    if (shards > 1 && !belongsTo(request, shards)) return { ok: false, reason: "moved", shards };
    const reason = refusalOf({
      databaseBytes: this.storage.databaseBytes,
      pendingSegments: this.pending.segments,
    });
    return reason === null ? null : { ok: false, reason };
  }

  /** Stores what is new of a request, in one transaction; synchronous, so that nothing comes between. */
  append(request: LogRequest, hashes: RequestHashes, inherited: Inherited, nowMs: number): AppendResult {
    const refused = this.refusal(request); // ids may have moved while cold ids were read
    if (refused !== null) return refused;
    if (this.#liveCount >= liveIdsMax) this.#foldAndDrop([], nowMs);
    const seen: SeenBefore = { has: (bucketMs, packed, at) => this.hasId(inherited, bucketMs, packed, at) };
    const taken: SeenBefore = { has: (bucketMs, packed, at) => this.#hasSlice(inherited, bucketMs, packed, at) };
    const plan = planAppend(request, hashes, seen, taken);
    if (plan.slices.length > 0) this.#store(plan, hashes, nowMs);
    const { stored, duplicate, rejected, skippedSlices, unchecked } = plan;
    return { ok: true, stored, duplicate, rejected, skippedSlices, unchecked, logSequence: this.#lastSequence };
  }

  /** Starts a new block table where that is due, so that the present one can be dropped once it is published and old. */
  seal(nowMs: number): void {
    if (!this.tables.isSealDue(nowMs, this.#liveMs)) return;
    const next = this.#lastSequence + 1;
    this.storage.transaction(() => this.storage.createBlockTable(next));
    this.tables.begin(next);
  }

  /**
   * Drops published tables that are no longer live, and folds what blocks carry beside events where that is due.
   *
   * @param foldsAll whether everything is folded, however little it is.
   */
  dropPublished(nowMs: number, foldsAll: boolean): void {
    const { throughSequence, tables } = this.tables.dropped(this.pending.tables(), nowMs - this.#liveMs);
    const goesThrough = foldsAll ? this.#lastSequence : throughSequence;
    if (isFoldDue(goesThrough, this.#foldedThrough, this.#liveCount)) this.#foldAndDrop(tables, nowMs);
    else if (tables.length > 0) this.#drop(tables);
  }

  /**
   * Ends the open move of pages into the lake's bucket: those that are as they were packed are cold from now on.
   *
   * @returns how many.
   */
  takeCold(planned: readonly PlannedPage[]): number {
    const versions = new Map(this.seen.pages.map((page) => [page.place, page]));
    const moved = planned.filter(({ place, version }) => versions.get(place)?.version === version);
    this.storage.transaction(() => {
      for (const { place, cold } of moved) this.storage.cold.takeWarm(cold, place);
      this.storage.putColdPlan(null);
    });
    this.seen.removePages(new Set(moved.flatMap(({ place }) => versions.get(place) ?? [])));
    this.cold.add(moved.map(({ cold }) => cold));
    return moved.length;
  }

  /** Single ids, as they are asked for: hashed under this log's key. */
  soughtIds(ids: readonly SoughtId[]): AskedIds {
    const packed = hashIds(ids, this.#hashKey);
    return { bucketHoursMs: Float64Array.from(ids, ({ bucketHourMs }) => bucketHourMs), packed, hashesAt: 0 };
  }

  #store(plan: AppendPlan, hashes: RequestHashes, nowMs: number): void {
    const content = {
      takenAtMs: nowMs,
      slices: plan.slices,
      eventHashes: hashes.events,
      sliceHashes: sliceBuckets(plan.slices, hashes.slices, this.#shards),
      ledger: plan.ledger,
      arrivals: plan.arrivals,
    };
    const blocks = packBlocks(content, { bytesMax: blockBytesMax, bodyBytesMax: blockBodyBytesMax });
    const first = this.#lastSequence + 1;
    this.storage.transaction(() => {
      blocks.forEach((block, i) => this.storage.insertBlock(this.tables.open, first + i, block));
    });
    blocks.forEach((block, i) => this.#remember(this.tables.open, first + i, block));
  }

  #remember(table: number, sequence: number, block: Block): void {
    this.#lastSequence = sequence;
    this.tables.add(table, sequence, block.header.takenAtMs, block.data.length);
    this.pending.add(sequence, table, block.header);
    this.#rememberUnfolded(block);
  }

  #rememberUnfolded(block: Pick<Block, "header" | "hashes">): void {
    const { ids, slices } = unpackHashes(block.header, block.hashes);
    for (const bucket of ids) this.seen.addLive(bucket.bucketMs, bucket.packed);
    for (const bucket of slices) this.#taken.index.addLive(bucket.bucketMs, bucket.packed);
    this.ledger.add(block.header);
  }

  /** Ids, or messages, that are in memory because their blocks are not folded. */
  get #liveCount(): number {
    return Math.max(this.seen.liveCount, this.#taken.index.liveCount);
  }

  #drop(tables: readonly number[]): void {
    this.storage.transaction(() => {
      for (const table of tables) this.storage.dropBlockTable(table);
    });
    this.tables.drop(tables);
  }

  #foldAndDrop(tables: readonly number[], nowMs: number): void {
    this.#forgetOld(nowMs);
    const folded = this.storage.transaction(() => {
      const ids = [this.seen.fold(this.#lastSequence, nowMs), this.#taken.index.fold(this.#lastSequence, nowMs)];
      const done = [...ids, this.ledger.fold(nowMs)];
      this.storage.setMeta("foldedThrough", String(this.#lastSequence));
      for (const table of tables) this.storage.dropBlockTable(table);
      return done;
    });
    for (const done of folded) done();
    this.tables.drop(tables);
    this.#foldedThrough = this.#lastSequence;
  }

  /** Forgets slices and ids that are known for a time only; before a fold, which could put new ones into a page of old ones. */
  #forgetOld(nowMs: number): void {
    const slicesEnd = firstPlaceOf(nowMs - sliceDaysKept * dayMs);
    const slices = new Set(this.#taken.index.pages.filter((page) => page.last < slicesEnd));
    const idsEnd = firstPlaceOf(undatedBucketMs(nowMs - undatedDaysKept * dayMs));
    const ids = new Set(this.seen.pages.filter((page) => isUndatedPlace(page.place) && page.last < idsEnd));
    this.storage.transaction(() => {
      for (const page of slices) this.storage.slices.remove(page.place);
      for (const page of ids) this.storage.seen.remove(page.place);
    });
    this.#taken.index.removePages(slices);
    this.seen.removePages(ids);
  }

  #rebuild(): void {
    const project = this.storage.meta("project");
    if (project !== null) this.#place = { project, shard: Number(this.storage.meta("shard") ?? missing("shard")) };
    this.#foldedThrough = Number(this.storage.meta("foldedThrough") ?? 0);
    for (const table of this.storage.blockTables()) this.tables.begin(table);
    this.#lastSequence = this.tables.open - 1;
    const published = new Map<string, number>();
    for (const { table, sequence, header, bytes } of this.storage.blocks()) {
      this.#lastSequence = Math.max(this.#lastSequence, sequence);
      this.tables.add(table, sequence, header.takenAtMs, bytes);
      this.pending.add(sequence, table, header, ({ dataset, hourMs }) => {
        const key = `${dataset} ${hourMs}`;
        const through = published.get(key) ?? this.storage.publishedThrough(dataset, hourMs);
        published.set(key, through);
        return sequence <= through;
      });
      if (sequence <= this.#foldedThrough) continue;
      this.#rememberUnfolded({ header, hashes: this.storage.blockHashes(table, sequence) });
    }
  }

  /** The name of the object chose project and shard; a request for another would be stored under the wrong one. */
  #assertPlace({ project, shard }: { readonly project: string; readonly shard: number }): void {
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

function missing(what: string): never {
  throw new Error(`the log has no ${what}`);
}
