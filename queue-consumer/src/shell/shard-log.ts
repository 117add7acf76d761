import { DurableObject } from "cloudflare:workers";
import {
  type AppendResult,
  type ChangePage,
  type HourArrivals,
  type Inheritance,
  type InheritedAnswers,
  type InheritedQuery,
  type LedgerRow,
  type LogStatus,
  type PackedAppend,
  parentShardOf,
  shardLogName,
  type ShardLogRpc,
  shardsMax,
  type SoughtId,
  type TailPage,
  type TailRequest,
} from "@sluice/schema";
import { type AskedIds, eitherHas, type Inherited, parentQuestion } from "../log/asked-ids.ts";
import { armAheadMsMax, changesPageMax, failureDelaySecondsMax, soughtIdsMax } from "../log/limits.ts";
import { type LogRequest, unpackAppend } from "../log/packed-append.ts";
import type { PendingHour } from "../log/pending-hours.ts";
import { hashBytes } from "../log/seen-set.ts";
import { dueHours, isLarge, nextTickMs, type PublishPolicy } from "../log/publish-plan.ts";
import type { CoolPolicy } from "../log/cold-object.ts";
import { ColdStore } from "./cold-store.ts";
import type { Environment } from "./environment.ts";
import { tailOf } from "./live-tail.ts";
import { LogState } from "./log-state.ts";
import { LogStorage } from "./log-storage.ts";
import { Publisher } from "./publisher.ts";

/** Time one alarm or flush spends on publishing, in ms, below the 30 s of CPU that one invocation has. The rest follows at once. */
const cycleMsMax = 20_000;
/** Failures without one success after which a cycle ends: R2 is down, and the other hours would only fail as well. */
const cycleFailuresMax = 3;
/** An alarm that is later than this, in ms, is looked for in storage. */
const alarmOverdueMs = 60_000;

/**
 * The log of one project and shard: dedupes and stores events in one transaction, and publishes them to the lake by
 * alarm. Called by the consumer (`append`), by the cron (`status`) and by analytics (`changes`, `ledger`, `flush`).
 */
export class ShardLog extends DurableObject<Environment> implements ShardLogRpc {
  readonly #state: LogState;
  readonly #cold: ColdStore;
  readonly #policy: PublishPolicy;
  readonly #coolPolicy: CoolPolicy;
  /** Publishing cycles run one after the other. */
  #publishing: Promise<unknown> = Promise.resolve();
  #armedForMs: number | null = null;
  /** Cycles in a row that failed and published nothing. */
  #idleCycles = 0;

  constructor(ctx: DurableObjectState, env: Environment) {
    super(ctx, env);
    this.#state = new LogState(new LogStorage(ctx.storage), positive(env.LIVE_SECONDS) * 1000);
    this.#cold = new ColdStore(env.LAKE, this.#state);
    this.#coolPolicy = { coolMs: positive(env.COOL_SECONDS) * 1000, coolIds: positive(env.COOL_IDS) };
    this.#policy = {
      publishMs: positive(env.PUBLISH_SECONDS) * 1000,
      publishOldMs: positive(env.PUBLISH_OLD_SECONDS) * 1000,
      publishOldRows: positive(env.PUBLISH_OLD_ROWS),
    };
  }

  async append(packed: PackedAppend): Promise<AppendResult> {
    const request = unpackAppend(packed);
    if (request === null) return { ok: false, reason: "overloaded" }; // of a consumer that a deployment replaces, or has
    // Asked before ids are hashed, too: a shard that is not open yet has no key of its own for good.
    const result = this.#state.refusal(request) ?? (await this.#take(request));
    await this.#arm(this.#policy.publishMs);
    return result;
  }

  async flush(): Promise<LogStatus> {
    await this.#exclusively(async () => {
      const through = this.#state.lastSequence;
      const span = { through, untilMs: Date.now() + cycleMsMax, foldsAll: true };
      const cycle = await this.#publishAndCool(this.#state.pending.hours(), span);
      if (cycle.failed > 0) throw cycle.failure;
    });
    return this.#status();
  }

  async open(project: string, shard: number): Promise<LogStatus> {
    if (this.#state.shards === 0) {
      if (shard < 1 || shard >= shardsMax) throw new Error(`shard ${shard} cannot be opened`);
      if (shard > 1 && (await this.#logOf(project, shard - 1).status()).shards === 0) {
        throw new Error(`shard ${shard} waits for the one before it`);
      }
      const inheritance = await this.#logOf(project, parentShardOf(shard)).seal(shard);
      if (this.#state.shards === 0) this.#state.open({ project, shard }, inheritance);
    }
    return this.status();
  }

  async seal(child: number): Promise<Inheritance> {
    return this.#state.giveUp(child, Date.now());
  }

  async inherited({ child, ids, slices }: InheritedQuery): Promise<InheritedAnswers> {
    const asked = { bucketHoursMs: ids.bucketHoursMs, packed: ids.hashes, hashesAt: 0 };
    const askedSlices = { bucketHoursMs: slices.bucketHoursMs, packed: slices.hashes, hashesAt: 0 };
    await this.#cold.readFor([asked]);
    const inherited = await this.#askParent([asked], askedSlices, child);
    const hasSlice = (bucketMs: number, at: number): boolean | null => {
      const own = this.#state.tookSlice(bucketMs, slices.hashes, at, child);
      return eitherHas(own, inherited.slices.has(bucketMs, slices.hashes, at));
    };
    return {
      ids: answersOf(ids.bucketHoursMs, (bucketMs, at) => this.#state.hasId(inherited, bucketMs, ids.hashes, at)),
      slices: answersOf(slices.bucketHoursMs, hasSlice),
    };
  }

  async status(): Promise<LogStatus> {
    this.#armedForMs = null;
    await this.#arm(this.#policy.publishMs);
    return this.#status();
  }

  async changes(sinceChange: number, limit: number): Promise<ChangePage> {
    const changes = this.#state.storage.changes(sinceChange, Math.max(1, Math.min(limit, changesPageMax)));
    return { changes, birthId: this.#state.birthId };
  }

  async ledger(fromMs: number, toMs: number): Promise<readonly LedgerRow[]> {
    return this.#state.ledger.counts(fromMs, toMs);
  }

  async arrivals(fromMs: number, toMs: number): Promise<HourArrivals> {
    return this.#state.ledger.arrivals(fromMs, toMs);
  }

  async tail(request: TailRequest): Promise<TailPage> {
    return tailOf(this.#state, request);
  }

  async knows(ids: readonly SoughtId[]): Promise<readonly boolean[]> {
    if (ids.length > soughtIdsMax) throw new RangeError(`more than ${soughtIdsMax} ids`);
    const asked = this.#state.soughtIds(ids);
    await this.#cold.readFor([asked]);
    const inherited = await this.#askParent([asked], null);
    return ids.map(({ bucketHourMs }, i) => {
      const isKnown = this.#state.hasId(inherited, bucketHourMs, asked.packed, i * hashBytes);
      if (isKnown === null) throw new Error("the bucket or the parent shard did not answer");
      return isKnown;
    });
  }

  /** Publishes what is due. Never throws: alarms that fail six times are given up by the platform. */
  override async alarm(): Promise<void> {
    this.#armedForMs = null;
    const startMs = Date.now();
    let cycle: Cycle;
    try {
      const due = this.#rotate(dueHours(this.#state.pending.hours(), startMs, this.#policy));
      const span = { through: this.#state.lastSequence, untilMs: startMs + cycleMsMax, foldsAll: false };
      cycle = await this.#exclusively(() => this.#publishAndCool(due, span));
    } catch (error) {
      cycle = { published: 0, failed: 1, failure: error };
    }
    this.#idleCycles = cycle.failed > 0 && cycle.published === 0 ? this.#idleCycles + 1 : 0;
    if (cycle.failed > 0) console.error(`${cycle.failed} hours were not published: ${messageOf(cycle.failure)}`);
    await this.#arm(this.#pauseMs(startMs));
  }

  async #take(request: LogRequest): Promise<AppendResult> {
    const hashes = this.#state.hash(request);
    const asked = this.#state.asked(request, hashes);
    await this.#cold.readFor(asked.ids);
    const inherited = await this.#askParent(asked.ids, asked.slices);
    return this.#state.append(request, hashes, inherited, Date.now());
  }

  async #publishAndCool(hours: readonly PendingHour[], span: CycleSpan): Promise<Cycle> {
    const cycle = await this.#publish(hours, span);
    await this.#cool();
    return cycle;
  }

  /** Publishes hours up to a sequence. One that fails does not keep the others back, unless none succeeds. */
  async #publish(hours: readonly PendingHour[], { through, untilMs, foldsAll }: CycleSpan): Promise<Cycle> {
    const cycle: Cycle = { published: 0, failed: 0, failure: null };
    const { place } = this.#state;
    if (place === null || (hours.length === 0 && !foldsAll)) return cycle;
    this.#state.seal(Date.now());
    const isMarked = isLarge(hours);
    if (isMarked) await this.#state.setPublishing(true);
    const { birthId, storage, pending } = this.#state;
    const lastSequence = (): number => this.#state.lastSequence;
    const log = { ...place, birthId, storage, pending, lastSequence };
    const publisher = new Publisher(this.env.LAKE, log, this.#state.partSizeMax);
    for (const hour of hours) {
      if (Date.now() >= untilMs || (cycle.published === 0 && cycle.failed >= cycleFailuresMax)) break;
      try {
        await publisher.publishHour(hour, through, untilMs);
        cycle.published += 1;
      } catch (error) {
        cycle.failure ??= error;
        cycle.failed += 1;
      }
    }
    if (isMarked) await this.#state.setPublishing(false);
    this.#state.dropPublished(Date.now(), foldsAll);
    return cycle;
  }

  /**
   * Asks the parent for the ids and slices that only it can know; on behalf of a child, for all that was not taken here before that was
   * opened. Never throws: without an answer they stay unknown.
   */
  async #askParent(
    asked: readonly AskedIds[],
    askedSlices: AskedIds | null,
    child: number | null = null,
  ): Promise<Inherited> {
    const state = this.#state;
    const inherited = state.unasked();
    const ids = parentQuestion(asked, (...id) => state.seen.has(...id), inherited.ids);
    const slicesOrNone = askedSlices === null ? [] : [askedSlices];
    const slices = parentQuestion(slicesOrNone, (...slice) => state.tookSlice(...slice, child), inherited.slices);
    if (state.place === null || ids.hashes.length + slices.hashes.length === 0) return inherited;
    const { project, shard } = state.place;
    try {
      const answers = await this.#logOf(project, parentShardOf(shard)).inherited({ child: shard, ids, slices });
      inherited.ids.take(ids, answers.ids);
      inherited.slices.take(slices, answers.slices);
    } catch (error) {
      console.error(`the parent shard did not answer: ${messageOf(error)}`);
    }
    return inherited;
  }

  #logOf(project: string, shard: number): Pick<ShardLogRpc, "inherited" | "seal" | "status"> {
    return this.env.SHARD_LOG.getByName(shardLogName(project, shard));
  }

  /** Moves ids that went cold. A failure is left to the next cycle: they take room, but nothing depends on their move. */
  async #cool(): Promise<void> {
    try {
      await this.#cold.cool(Date.now(), this.#coolPolicy);
    } catch (error) {
      console.error(`cold ids were not moved: ${messageOf(error)}`);
    }
  }

  /** After cycles in which nothing succeeded, begins with other hours, so that a few bad ones cannot hold up the rest. */
  #rotate(hours: readonly PendingHour[]): readonly PendingHour[] {
    const start = hours.length === 0 ? 0 : (this.#idleCycles * cycleFailuresMax) % hours.length;
    return [...hours.slice(start), ...hours.slice(0, start)];
  }

  #exclusively<Value>(work: () => Promise<Value>): Promise<Value> {
    const run = this.#publishing.then(work);
    this.#publishing = run.catch(() => null); // the caller of `run` sees the failure; the queue only waits for the end
    return run;
  }

  /** Sets the alarm for the next hour that is due soon, not sooner than after a pause. A failure is left to the cron. */
  async #arm(pauseMs: number): Promise<void> {
    const nowMs = Date.now();
    const dueMs = nextTickMs(this.#state.pending.hours(), nowMs, this.#policy);
    if (dueMs === null) return;
    const atMs = Math.max(dueMs, nowMs + pauseMs);
    if (atMs - nowMs > armAheadMsMax) return;
    const armed = this.#armedForMs;
    if (armed !== null && armed <= atMs && armed > nowMs - alarmOverdueMs) return;
    try {
      const existing = await this.ctx.storage.getAlarm();
      if (existing === null || existing > atMs) await this.ctx.storage.setAlarm(atMs);
      this.#armedForMs = existing === null ? atMs : Math.min(existing, atMs);
    } catch (error) {
      console.error(`the alarm could not be set: ${messageOf(error)}`); // the next append or the cron tries again
    }
  }

  #pauseMs(cycleStartMs: number): number {
    if (this.#idleCycles > 0) {
      return Math.min(this.#policy.publishMs * 2 ** Math.min(this.#idleCycles, 10), failureDelaySecondsMax * 1000);
    }
    return Date.now() - cycleStartMs >= cycleMsMax ? 0 : this.#policy.publishMs;
  }

  #status(): LogStatus {
    return {
      birthId: this.#state.birthId,
      shards: this.#state.shards,
      pendingRows: this.#state.pending.rows,
      logSequence: this.#state.lastSequence,
      lastChange: this.#state.storage.lastChange(),
      databaseBytes: this.#state.storage.databaseBytes,
    };
  }
}

/** Answers of {@link ShardLog.inherited}, in the order of the questions. */
function answersOf(bucketHoursMs: Float64Array, has: (bucketMs: number, at: number) => boolean | null): Uint8Array {
  return Uint8Array.from(bucketHoursMs, (bucketMs, i) => {
    const isKnown = has(bucketMs, i * hashBytes);
    return isKnown === null ? 2 : Number(isKnown);
  });
}

/** How far a publishing cycle goes. */
interface CycleSpan {
  /** The last block that it publishes. */
  readonly through: number;
  /** When it begins no further part. */
  readonly untilMs: number;
  /** Whether it also folds everything, however little it is. */
  readonly foldsAll: boolean;
}

/** What a publishing cycle did. */
interface Cycle {
  published: number;
  failed: number;
  /** The first failure. */
  failure: unknown;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new Error(`a variable must be a positive number, not ${text}`);
  return value;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
