import type { R2Bucket, R2Object } from "@cloudflare/workers-types";
import { partKey } from "@sluice/lake";
import { type StoredEvents, storedEvents } from "../log/block-data.ts";
import { publishAttemptsMax } from "../log/limits.ts";
import { encodePart, joinRows, type PartRows, readPart } from "../log/part-file.ts";
import { makeRows } from "../log/part-rows.ts";
import type { PendingHour, PendingHours, PendingSegment } from "../log/pending-hours.ts";
import { choosePart, judgeStored, partPrefix, type RowsSize, type StoredPart } from "../log/publish-plan.ts";
import { sha256Hex } from "./hashing.ts";
import { publishLease } from "./lease.ts";
import type { LogStorage, PartPlace, PartRecord, StoredPlan } from "./log-storage.ts";

/** The log as its publisher sees it. */
export interface PublisherLog {
  readonly project: string;
  readonly shard: number;
  readonly birthId: string;
  readonly storage: LogStorage;
  readonly pending: PendingHours;
  /** Sequence of the newest block. */
  lastSequence(): number;
}

type Lake = Pick<R2Bucket, "get" | "head" | "put">;
type Hour = Pick<PendingHour, "dataset" | "hourMs">;

/**
 * Writes hours of one log to the lake. Every step leaves SQL and R2 in a state from which the next call goes on: the plan is
 * stored before the PUT, the PUT is conditional, and rows leave the pending ones only when the stored object's size and
 * checksum are those of the plan.
 */
export class Publisher {
  readonly #lake: Lake;
  readonly #log: PublisherLog;
  readonly #partSizeMax: RowsSize;
  #lastBlock: { readonly sequence: number; readonly data: Uint8Array } | null = null;

  constructor(lake: Lake, log: PublisherLog, partSizeMax: RowsSize) {
    this.#lake = lake;
    this.#log = log;
    this.#partSizeMax = partSizeMax;
  }

  /**
   * Publishes what waits for one hour, up to a sequence; resolves when it is confirmed, or after the part during which
   * the time ended. Throws when R2 fails: the next call settles what is left open.
   */
  async publishHour({ dataset, hourMs }: Hour, throughSequence: number, untilMs: number): Promise<void> {
    let begun = 0;
    for (let tries = 1; tries <= publishAttemptsMax; tries++) {
      const hour = this.#log.pending.hour(dataset, hourMs);
      const first = hour?.segments[0];
      if (hour === null || first === undefined || first.sequence > throughSequence) return;
      if (begun > 0 && first.sequence > begun) {
        if (Date.now() >= untilMs) return;
        tries = 1; // a part was confirmed: the tries are for the next one
      }
      begun = first.sequence;
      const last = this.#log.storage.lastPart(dataset, hourMs);
      if (last !== null && last.plan !== null)
        await this.#settle({ dataset, hourMs, part: last.part }, last, last.plan);
      else await publishLease.hold(this.#log.birthId, () => this.#publishPart(hour, last));
    }
    throw new Error(`an hour of ${dataset} did not settle in ${publishAttemptsMax} tries`);
  }

  /** One part: read, encode, plan, PUT, confirm. Where the condition fails, the open plan is settled by the next attempt. */
  async #publishPart(hour: PendingHour, last: PartRecord | null): Promise<void> {
    const max = this.#partSizeMax;
    const prefix = partPrefix(hour, max);
    const made = makeRows(hour.dataset, this.#blocksOf(prefix), max.textLength);
    const waiting = { rows: made.rows.rows.length, textLength: made.textLength };
    const choice = choosePart(last, waiting, max);
    const place: PartPlace = { dataset: hour.dataset, hourMs: hour.hourMs, part: choice.part };
    const key = this.#keyOf(place);
    const before = choice.grows ? last : null;
    const present = before === null ? null : await this.#readPresent(place, key, before);
    if (present === "changed") return;
    const rows = present === null ? made.rows : joinRows(present, made.rows);
    const segments = prefix.slice(0, made.blocks);
    const planned = this.#plan(rows, segments, before, waiting);
    this.#log.storage.transaction(() => this.#log.storage.putPlan(place, key, planned.plan));
    const stored = await this.#put(key, planned.plan, planned.file);
    if (stored === null) return;
    if (stored.bytes !== planned.plan.bytes || stored.sha256 !== planned.plan.sha256) {
      throw new Error(`${key} was stored with another size or checksum than sent`);
    }
    this.#confirm(place, stored);
  }

  #plan(
    rows: PartRows,
    segments: readonly PendingSegment[],
    before: PartRecord | null,
    waiting: { readonly textLength: number },
  ): { readonly plan: StoredPlan; readonly file: Uint8Array } {
    const firstSequence = segments.at(0)?.sequence ?? 0;
    const throughSequence = segments.at(-1)?.sequence ?? 0;
    const file = encodePart(rows, { birthId: this.#log.birthId, logSequence: throughSequence });
    const plan: StoredPlan = {
      firstSequence,
      throughSequence,
      previousEtag: before?.etag ?? null,
      sha256: sha256Hex(file),
      bytes: file.length,
      rows: rows.rows.length,
      textLength: (before?.textLength ?? 0) + waiting.textLength,
    };
    return { plan, file };
  }

  /** PUT on the condition of the plan; `null` when the condition failed. */
  async #put(key: string, plan: StoredPlan, file: Uint8Array): Promise<StoredPart | null> {
    const object = await this.#lake.put(key, file, {
      onlyIf: plan.previousEtag === null ? { etagDoesNotMatch: "*" } : { etagMatches: plan.previousEtag },
      sha256: plan.sha256,
      httpMetadata: { contentType: "application/vnd.apache.parquet" },
      customMetadata: {
        birth: this.#log.birthId,
        sequence: String(plan.throughSequence),
        rows: String(plan.rows),
        textlength: String(plan.textLength),
      },
    });
    // The reply of a PUT does not promise the metadata back, so they are taken from the plan.
    return object === null
      ? null
      : {
          etag: object.etag,
          bytes: object.size,
          sha256: object.checksums.toJSON().sha256 ?? null,
          birthId: this.#log.birthId,
          sequence: plan.throughSequence,
          rows: plan.rows,
          textLength: plan.textLength,
        };
  }

  /** Finds out what became of a plan, or of a part that is not as it was left: adopts, leaves or forgets it. */
  async #settle(place: PartPlace, part: PartRecord, plan: StoredPlan | null): Promise<void> {
    const key = this.#keyOf(place);
    const stored = storedPart(await this.#lake.head(key));
    const log = { birthId: this.#log.birthId, lastSequence: this.#log.lastSequence() };
    const verdict = judgeStored(stored, part, log, plan);
    if (verdict === "adopt" && stored !== null) return this.#confirm(place, stored);
    this.#log.storage.transaction(() => {
      if (verdict === "foreign") this.#log.storage.closePart(place);
      else this.#log.storage.putPlan(place, key, null);
    });
    if (verdict === "foreign") console.warn(`${key} is not this log's; it takes the next part`);
  }

  #confirm(place: PartPlace, stored: StoredPart): void {
    this.#log.storage.transaction(() => this.#log.storage.confirmPart(place, stored));
    this.#log.pending.confirm(place.dataset, place.hourMs, stored.sequence);
  }

  /** Present rows of a part that grows. Where the object is not the confirmed one, settles that and says so. */
  async #readPresent(place: PartPlace, key: string, part: PartRecord): Promise<PartRows | "changed"> {
    if (part.etag === null) throw new Error(`${key} grows but was never confirmed`);
    const object = await this.#lake.get(key, { onlyIf: { etagMatches: part.etag } });
    if (object !== null && "body" in object) return readPart(place.dataset, await object.arrayBuffer());
    await this.#settle(place, part, null);
    return "changed";
  }

  /** The events of segments, read as they are asked for, so that one block only is in memory. */
  *#blocksOf(segments: readonly PendingSegment[]): Generator<Iterable<StoredEvents>> {
    for (const { table, sequence, segment } of segments) {
      yield storedEvents(this.#blockData(table, sequence), segment);
    }
  }

  /** The data of a block. The last one is kept: a block of many hours is asked for by one after the other. */
  #blockData(table: number, sequence: number): Uint8Array {
    if (this.#lastBlock?.sequence !== sequence) {
      this.#lastBlock = { sequence, data: this.#log.storage.blockData(table, sequence) };
    }
    return this.#lastBlock.data;
  }

  #keyOf(place: PartPlace): string {
    return partKey({ ...place, project: this.#log.project, shard: this.#log.shard });
  }
}

function storedPart(object: R2Object | null): StoredPart | null {
  if (object === null) return null;
  const metadata = new Map(Object.entries(object.customMetadata ?? {}));
  return {
    etag: object.etag,
    bytes: object.size,
    sha256: object.checksums.toJSON().sha256 ?? null,
    birthId: metadata.get("birth") ?? null,
    sequence: Number(metadata.get("sequence") ?? 0),
    rows: Number(metadata.get("rows") ?? 0),
    textLength: Number(metadata.get("textlength") ?? 0),
  };
}
