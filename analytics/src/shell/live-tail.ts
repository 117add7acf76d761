import type { TailPage, TailRequest } from "@sluice/schema";
import { dayMs, dayOf } from "../day.ts";
import { BatchReach } from "../live/batch-reach.ts";
import { liveColumns, type LiveRow, liveRows } from "../live/live-row.ts";
import { liveFromMs } from "../live/live-minutes.ts";
import type { Env } from "./env.ts";
import { shardLog } from "./shard-logs.ts";

/** For so long an answer of the logs is taken for the present, unless LIVE_CACHE_SECONDS says otherwise. */
const freshMsDefault = 5_000;
/** Events of one project that live numbers are made of; a project with more is answered from its roll-ups alone. */
const liveRowsMax = 25_000;
/** For so long such a project's logs are left alone. */
const restMs = 60_000;
/** Events, and projects, that an isolate holds for each of the two views. */
const heldRowsMax = 60_000;
const heldProjectsMax = 200;
const rowsPerPage = 5_000;
const pagesMax = 8;
/** Days before today that live numbers reach. */
const liveDaysMax = 3;

type LiveEnv = Pick<Env, "LIVE_CACHE_SECONDS" | "SHARD_LOG">;

/** A project and its logs. */
export interface LiveProject {
  readonly project: string;
  readonly shards: number;
}

/** Events that the roll-ups do not hold, as of an instant. */
export interface LiveEvents {
  readonly rows: readonly LiveRow[];
  readonly asOfMs: number;
}

/** How far one log was read. */
interface LogState {
  readonly birthId: string;
  readonly throughSequence: number;
}

interface Held {
  rows: LiveRow[];
  readonly logs: Map<number, LogState>;
  /** Of events up to here none are held any more. */
  readonly floor: BatchReach;
  readAtMs: number;
  /** First day (ms) that is held, or when the oldest held block was taken. */
  fromMs: number;
  restUntilMs: number;
}

/** Held by this isolate: projects by name, the last one used at the end. */
const beyondBatch = new Map<string, Held>();
const lastMinutes = new Map<string, Held>();

const request: TailRequest = {
  columns: { events: liveColumns },
  sinceSequence: 0,
  takenFromMs: 0,
  hours: null,
  included: [],
  order: "oldest",
  rowsMax: rowsPerPage,
  textLengthMax: 2_000,
};

/**
 * Every event from the day `fromMs` on that is in no roll-up, each once; `null` when that cannot be told: too many of them, too many
 * days, a log that has dropped some, or began anew.
 *
 * @param reach of the roll-ups that the events are to be added to, read before.
 * @param birthIds of the logs that the roll-ups were made of, by shard.
 */
export async function eventsBeyond(
  env: LiveEnv,
  { project, shards }: LiveProject,
  { reach, birthIds, fromMs }: { reach: BatchReach; birthIds: ReadonlyMap<number, string>; fromMs: number },
  nowMs: number,
): Promise<LiveEvents | null> {
  const hours = { fromMs, toMs: dayOf(nowMs) + 2 * dayMs };
  if (hours.toMs - hours.fromMs > (liveDaysMax + 2) * dayMs) return null;
  let held = hold(beyondBatch, project);
  if (nowMs < held.restUntilMs) return null;
  // Whoever read the roll-ups later may have let go of events that this question still needs.
  if (fromMs < held.fromMs || !reach.covers(held.floor)) {
    beyondBatch.delete(project);
    held = hold(beyondBatch, project);
  }
  held.floor.join(reach);
  if (nowMs - held.readAtMs >= freshMs(env)) {
    held.fromMs = fromMs;
    for (let shard = 0; shard < shards; shard++) {
      const included = reach.included(shard, hours);
      const isWhole = await readOn(env, project, shard, held, { ...request, hours, included }, (page, heldThrough) => {
        return page.birthId === (birthIds.get(shard) ?? page.birthId) && !reach.hasGap(shard, page, heldThrough);
      });
      held.rows = held.rows.filter(
        (row) => row.hourMs >= fromMs && row.sequence > reach.through(row.shard, row.hourMs),
      );
      if (!isWhole || held.rows.length > liveRowsMax) {
        beyondBatch.delete(project);
        hold(beyondBatch, project).restUntilMs = nowMs + (isWhole ? restMs : freshMs(env));
        return null;
      }
    }
    held.readAtMs = nowMs;
  }
  const rows = held.rows.filter((row) => row.hourMs >= fromMs && row.sequence > reach.through(row.shard, row.hourMs));
  return { rows, asOfMs: held.readAtMs };
}

/** Events that were taken in the last half hour, and whether these are all of them. */
export async function eventsOfLastMinutes(
  env: LiveEnv,
  { project, shards }: LiveProject,
  nowMs: number,
): Promise<LiveEvents & { readonly isWhole: boolean }> {
  const held = hold(lastMinutes, project);
  const fromMs = liveFromMs(nowMs);
  if (nowMs - held.readAtMs >= freshMs(env)) {
    for (let shard = 0; shard < shards; shard++) {
      const isNew = !held.logs.has(shard);
      const asked: TailRequest = { ...request, takenFromMs: fromMs };
      const first: TailRequest = { ...asked, order: "newest", rowsMax: liveRowsMax };
      await readOn(env, project, shard, held, isNew ? first : asked, (page) => {
        if (page.hasMore && isNew) held.fromMs = Math.max(held.fromMs, oldestOf(page, nowMs));
        return true;
      });
    }
    held.rows = held.rows.filter((row) => row.takenAtMs >= fromMs);
    if (held.rows.length > liveRowsMax) {
      held.rows = held.rows.sort((a, b) => a.takenAtMs - b.takenAtMs).slice(-liveRowsMax);
      held.fromMs = held.rows[0]?.takenAtMs ?? nowMs;
    }
    held.readAtMs = nowMs;
  }
  return { rows: held.rows, asOfMs: held.readAtMs, isWhole: held.fromMs <= fromMs };
}

/** Reads a log on from where it was read to; `false` when that has no end, or `isGood` refuses a page. */
async function readOn(
  env: LiveEnv,
  project: string,
  shard: number,
  held: Held,
  asked: TailRequest,
  isGood: (page: TailPage, heldThrough: number) => boolean,
): Promise<boolean> {
  for (let pages = 0; pages < pagesMax; pages++) {
    const state = held.logs.get(shard);
    const sinceSequence = state?.throughSequence ?? 0;
    const page = await shardLog(env, project, shard).tail({ ...asked, sinceSequence });
    if (held.logs.get(shard) !== state) continue; // another request has read on meanwhile
    if (state !== undefined && state.birthId !== page.birthId) {
      held.logs.delete(shard); // the log began anew: what was read of it is not there any more
      held.rows = held.rows.filter((row) => row.shard !== shard);
      continue;
    }
    if (!isGood(page, sinceSequence)) return false;
    for (const row of liveRows(shard, page)) held.rows.push(row);
    held.logs.set(shard, { birthId: page.birthId, throughSequence: page.throughSequence });
    if (held.rows.length > liveRowsMax * 2) return false;
    if (!page.hasMore || asked.order === "newest") return true;
  }
  return false;
}

function freshMs({ LIVE_CACHE_SECONDS: text }: LiveEnv): number {
  return /^\d{1,3}(\.\d+)?$/.test(text ?? "") ? Number(text) * 1000 : freshMsDefault;
}

function oldestOf({ segments }: TailPage, nowMs: number): number {
  return segments.reduce((oldest, { takenAtMs }) => Math.min(oldest, takenAtMs), nowMs);
}

/** What is held of a project, which becomes the last one used. */
function hold(projects: Map<string, Held>, project: string): Held {
  const held = projects.get(project) ?? newHeld();
  projects.delete(project);
  projects.set(project, held);
  let rows = [...projects.values()].reduce((sum, entry) => sum + entry.rows.length, 0);
  for (const [name, entry] of projects) {
    if (entry === held || (projects.size <= heldProjectsMax && rows <= heldRowsMax)) break;
    rows -= entry.rows.length;
    projects.delete(name);
  }
  return held;
}

function newHeld(): Held {
  return { rows: [], logs: new Map(), floor: new BatchReach(), readAtMs: 0, fromMs: 0, restUntilMs: 0 };
}
