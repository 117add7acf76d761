import { isComplete } from "../day.ts";
import { buildsLateDays, countsTrail, isDue, nextRollupMs, recountsLinkedDays } from "../rollup-pace.ts";
import { changedDays, joinDays, lateDaysMax, passLimits } from "../rollup-plan.ts";
import type { RollupPorts } from "./day-build.ts";
import { rollUpDay } from "./day-rollup.ts";
import type { Env } from "./env.ts";
import { MartMissing } from "./mart-reader.ts";
import { recountUsers } from "./recount.ts";
import { LeaseLost, leaseMs, type ProjectState, RollupStore } from "./rollup-store.ts";
import { type Cost, Meter } from "./meter.ts";
import { newId, sha256Hex } from "./secrets.ts";
import { countTrail } from "./trail.ts";
import { projectChanges, type ProjectChanges } from "./shard-logs.ts";

/** Time after which a run stops at the next day or group; the next run continues. Cron gives 15 minutes. */
const runMsMax = 120_000;
/** `asOf` of projects without changes is written this often: a write per second would cost more than it says. */
const asOfMsMin = 15_000;
/** Logs asked at once; a Worker may have six open connections. */
const logsAtOnce = 6;
/** Marts rebuilt within one recount before the project is left to the next run. */
const repairsMax = 10;

/** What a run is told, and tells, of single projects. */
export interface RunOptions {
  /** Projects that are left alone: they failed a short while ago. */
  readonly resting: ReadonlySet<string>;
  /** Only this project; `null` for all. */
  readonly only: string | null;
  /** No further day is begun after this time, ms: the next run continues. A run of cron has limits of its own. */
  readonly untilMs: number;
  /** Told of each project that was rolled up or failed. */
  readonly ended: (run: ProjectRun) => Promise<void>;
}

/** How the roll-up of one project went. Times in ms. */
export interface ProjectRun {
  readonly project: string;
  readonly startedMs: number;
  readonly endedMs: number;
  /** Parts of which the logs told, days built, rows read, and what that cost. */
  readonly counts: Readonly<Record<"parts" | "days" | "rows" | keyof Cost, number>>;
  /** Hash of the keys and etags of the parts that its days were built from; "" where none was built. */
  readonly inputs: string;
  readonly error: unknown;
}

const nothing = { parts: 0, days: 0, rows: 0, classA: 0, classB: 0, rowsWritten: 0 } as const;

/** What a run did. */
export interface RunSummary {
  /** Days whose roll-ups were built. */
  readonly rolledUpDays: number;
  /** Nothing is left of what had been published when the run began. */
  readonly finished: boolean;
  /** Projects that failed; their cursors stand still, the next run tries again. */
  readonly failedProjects: number;
}

/**
 * Rolls up whatever the shard logs have published since the last run. Reads three rows and asks each log once
 * when there is nothing; takes the lease only when there is something. A cursor moves only after everything
 * before it is written, so a crash at any point leads to the same work and the same rows.
 *
 * @param paceMs shortest pause between two runs of a project; 0 rolls everything up at once.
 */
export async function runRollup(env: Env, now: () => number, paceMs: number, options: RunOptions): Promise<RunSummary> {
  const startedMs = now();
  const store = new RollupStore(env.DB);
  const due = (await store.projects()).filter((state) => {
    const isAsked = options.only === null || options.only === state.project;
    return isAsked && !options.resting.has(state.project) && isDue(state, startedMs, paceMs);
  });
  const { busy, idle, failed } = await sortProjects(
    env,
    due,
    ({ asOfMs, recountFromMs, trailFromMs, trailAsOfMs, lateDays }) => {
      const recounts = recountFromMs !== null && recountsLinkedDays(startedMs, asOfMs, paceMs);
      const trails = trailFromMs !== null && countsTrail(startedMs, trailAsOfMs, paceMs);
      return recounts || trails || (lateDays.length > 0 && buildsLateDays(startedMs, asOfMs, paceMs));
    },
    async (project, error) => {
      await options.ended({ project, startedMs, endedMs: now(), counts: nothing, inputs: "", error });
    },
  );
  const stale = idle.filter((state) => startedMs - state.asOfMs >= Math.max(asOfMsMin, paceMs));
  await store.setAsOf(
    stale.map((state) => state.project),
    startedMs,
  );
  if (busy.length === 0) return { rolledUpDays: 0, finished: failed === 0, failedProjects: failed };
  const owner = newId();
  if (!(await store.takeLease(owner, startedMs))) return { rolledUpDays: 0, finished: false, failedProjects: failed };
  try {
    const summary = await runProjects(env, store, owner, busy, { now, paceMs, ...options });
    return { ...summary, failedProjects: summary.failedProjects + failed, finished: summary.finished && failed === 0 };
  } finally {
    await store.releaseLease(owner);
  }
}

interface SortedProjects {
  readonly busy: string[];
  readonly idle: ProjectState[];
  readonly failed: number;
}

/** Asks every log whether there is something new; `waits` says whether something of earlier runs is due now. */
async function sortProjects(
  env: Env,
  states: readonly ProjectState[],
  waits: (state: ProjectState) => boolean,
  onFailure: (project: string, error: unknown) => Promise<void>,
): Promise<SortedProjects> {
  const busy: string[] = [];
  const idle: ProjectState[] = [];
  let failed = 0;
  for (let start = 0; start < states.length; start += logsAtOnce) {
    const some = states.slice(start, start + logsAtOnce);
    const asked = await Promise.allSettled(some.map(async (state) => projectChanges(env, state)));
    for (const [index, answer] of asked.entries()) {
      const state = some[index];
      if (state === undefined) continue;
      if (answer.status === "rejected") {
        failed += 1;
        logFailure("reading a shard log", state.project, answer.reason);
        await onFailure(state.project, answer.reason);
      } else if (answer.value.cursors.size > 0 || waits(state)) busy.push(state.project);
      else idle.push(state);
    }
  }
  return { busy, idle, failed };
}

async function runProjects(
  env: Env,
  store: RollupStore,
  owner: string,
  busy: readonly string[],
  { now, paceMs, ended, untilMs }: Pick<RunClock, "now" | "paceMs"> & Pick<RunOptions, "ended" | "untilMs">,
): Promise<RunSummary> {
  const runUntilMs = now() + runMsMax;
  const deadlineMs = Math.min(runUntilMs, untilMs);
  const yieldTurn = leaseKeeper(store, owner, now);
  const meter = new Meter();
  const ports: RollupPorts = {
    bucket: meter.bucket(env.LAKE),
    store: new RollupStore(env.DB, meter),
    owner,
    yieldTurn,
    limits: passLimits(env.IDS_PER_PASS),
  };
  let rolledUpDays = 0;
  let finished = true;
  let failedProjects = 0;
  // The states are read again under the lease: another run may have moved the cursors.
  for (const state of await store.projects()) {
    if (!busy.includes(state.project)) continue;
    const startedMs = now();
    try {
      const changes = await projectChanges(env, state);
      const done = await runProject(ports, state, changes, { now, paceMs, startedMs, deadlineMs, runUntilMs });
      rolledUpDays += done.read.days;
      finished &&= done.finished;
      const { inputs, rowsRead } = done.read;
      const counts = { parts: changes.changes.length, days: done.read.days, rows: rowsRead, ...meter.take() };
      const hash = inputs.length === 0 ? "" : await sha256Hex(inputs.join("\n"));
      await ended({ project: state.project, startedMs, endedMs: now(), counts, inputs: hash, error: null });
    } catch (error) {
      if (error instanceof LeaseLost) return { rolledUpDays, finished: false, failedProjects };
      failedProjects += 1;
      finished = false;
      logFailure("rolling up", state.project, error);
      const counts = { ...nothing, ...meter.take() };
      await ended({ project: state.project, startedMs, endedMs: now(), counts, inputs: "", error });
    }
    if (now() > deadlineMs) return { rolledUpDays, finished: false, failedProjects };
  }
  return { rolledUpDays, finished, failedProjects };
}

interface RunClock {
  readonly now: () => number;
  readonly paceMs: number;
  /** Before the logs were asked. */
  readonly startedMs: number;
  /** No day or group of days is begun later. */
  readonly deadlineMs: number;
  /** The count of weekly and monthly users, which is done as a whole, may take until then. */
  readonly runUntilMs: number;
}

/** What the days were built from that a run built. */
interface ReadDays {
  days: number;
  rowsRead: number;
  /** Keys and etags, day by day. */
  readonly inputs: string[];
}

async function runProject(
  ports: RollupPorts,
  state: ProjectState,
  changes: ProjectChanges,
  clock: RunClock,
): Promise<{ readonly read: ReadDays; readonly finished: boolean }> {
  const read: ReadDays = { days: 0, rowsRead: 0, inputs: [] };
  const lateDays: number[] = [];
  const buildsLate = buildsLateDays(clock.startedMs, state.asOfMs, clock.paceMs);
  for (const dayStartMs of joinDays(changedDays(changes.changes), state.lateDays)) {
    if (clock.now() > clock.deadlineMs) return { read, finished: false };
    await ports.yieldTurn();
    const isLate = !buildsLate && isComplete(dayStartMs, state.asOfMs) && lateDays.length < lateDaysMax;
    if (isLate && (await ports.store.day(state.project, dayStartMs)) !== null) {
      lateDays.push(dayStartMs);
      continue;
    }
    const day = await rollUpDay(ports, state, dayStartMs);
    if (day === null) continue;
    read.days += 1;
    read.rowsRead += day.rowsRead;
    for (const { key, etag } of day.inputs) read.inputs.push(`${key} ${etag}`);
  }
  const isLate = (): boolean => clock.now() > clock.deadlineMs;
  const counted = await withRepairs(ports, state, async (fresh) => {
    const recountsLinked = recountsLinkedDays(clock.startedMs, state.asOfMs, clock.paceMs);
    return recountUsers(ports, fresh, recountsLinked ? fresh.recountFromMs : null, isLate);
  });
  if (!counted) return { read, finished: false };
  if (countsTrail(clock.startedMs, state.trailAsOfMs, clock.paceMs)) {
    const isCounted = await withRepairs(ports, state, async (fresh) => trailUsers(ports, fresh, clock));
    if (!isCounted) return { read, finished: false };
  }
  const asOfMs = changes.hasMore ? state.asOfMs : clock.startedMs;
  const dueMs = changes.hasMore ? clock.startedMs : nextRollupMs(clock.startedMs, read.rowsRead, clock.paceMs);
  await ports.store.advance(ports.owner, state.project, changes.cursors, { asOfMs, dueMs, lateDays });
  return { read, finished: !changes.hasMore };
}

/** Counts weekly and monthly users where they changed. A project too large for it keeps waiting; questions say so. */
async function trailUsers(
  ports: RollupPorts,
  state: ProjectState,
  { startedMs, now, runUntilMs }: RunClock,
): Promise<boolean> {
  if (state.trailFromMs === null) return true;
  const outcome = await countTrail(ports, state, () => now() > runUntilMs);
  if (outcome === "counted") await ports.store.trailCounted(ports.owner, state.project, startedMs);
  if (outcome === "too large") {
    console.error(JSON.stringify({ message: "too many users or links to count the month", project: state.project }));
  }
  return outcome !== "late";
}

/** Does work that reads marts; one that is missing is built again first. */
async function withRepairs(
  ports: RollupPorts,
  { project }: ProjectState,
  work: (state: ProjectState) => Promise<boolean>,
): Promise<boolean> {
  for (let repair = 0; repair <= repairsMax; repair++) {
    await ports.yieldTurn();
    // Read again: building days has changed what waits.
    const state = (await ports.store.projects()).find((entry) => entry.project === project);
    if (state === undefined) return true;
    try {
      return await work(state);
    } catch (error) {
      if (!(error instanceof MartMissing)) throw error;
      await ports.store.forgetDay(ports.owner, project, error.dayStartMs);
      await rollUpDay(ports, state, error.dayStartMs);
    }
  }
  throw new Error(`more than ${repairsMax} marts are missing`);
}

/** Lets other requests run, and renews the lease long before it ends, however large a day is. */
function leaseKeeper(store: RollupStore, owner: string, now: () => number): () => Promise<void> {
  let renewedMs = now();
  return async () => {
    await scheduler.wait(0);
    if (now() - renewedMs < leaseMs / 4) return;
    renewedMs = now();
    if (!(await store.takeLease(owner, renewedMs))) throw new LeaseLost("the lease ran out");
  };
}

function logFailure(what: string, project: string, error: unknown): void {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  console.error(JSON.stringify({ message: `roll-up failed: ${what}`, project, error: `${name}: ${message}` }));
}
