import {
  behaviourKey,
  type BehaviourMart,
  type BehaviourPart,
  behaviourPartsText,
  encodeSessions,
  encodeSteps,
} from "../behaviour/behaviour-marts.ts";
import { Budget, readLimits } from "../behaviour/budget.ts";
import { foldSlices } from "../behaviour/fold-slices.ts";
import type { Session } from "../behaviour/session.ts";
import { StepsOfDay } from "../behaviour/steps-of-day.ts";
import type { KeptProperties } from "../behaviour/step.ts";
import { dayMs, dayOf } from "../day.ts";
import { type BehaviourDay, behaviourDays, noteMart } from "./behaviour-days.ts";
import { type BehaviourPorts, MartReplaced, sessionsFromSteps, stepsOfDay } from "./behaviour-read.ts";
import { keptPropertiesOf } from "./funnel-store.ts";
import type { Env } from "./env.ts";
import { putIfChanged } from "./lake-objects.ts";
import { newId } from "./secrets.ts";

/** How long a project's marts are kept up to date after somebody last asked a behavioural question. */
const askedMsMax = 7 * dayMs;
/** Days back that marts are kept for. */
const builtDaysMax = 400;
/** A run stops at the next day after this time; the next one continues. Within the lease, which is not renewed. */
const runMsMax = 40_000;
const leaseMs = 120_000;

/**
 * Builds the marts `step` and `session` of every day whose events, neighbours or kept properties changed, of projects that
 * somebody asks. Questions do not wait for it: what has no mart is read from the lake.
 *
 * @returns marts built.
 */
export async function buildBehaviour(env: Env, now: () => number): Promise<number> {
  const startedMs = now();
  const sql = "SELECT project FROM behaviour_project WHERE asked_at > ? ORDER BY project";
  const asked = await env.DB.prepare(sql)
    .bind(startedMs - askedMsMax)
    .all<{ project: string }>();
  const owner = newId();
  const clock = { now, untilMs: startedMs + runMsMax };
  let built = 0;
  let isHeld = false;
  try {
    for (const { project } of asked.results) {
      const stale = await staleDays(env, project, startedMs);
      if (stale.count === 0 || now() > clock.untilMs) continue;
      // The lease is only written where there is something to do.
      isHeld ||= await takeLease(env.DB, owner, startedMs);
      if (!isHeld) return 0;
      built += await buildProject(env, project, stale, clock);
    }
    return built;
  } finally {
    if (isHeld) await env.DB.prepare("DELETE FROM lease WHERE name = 'behaviour' AND owner = ?").bind(owner).run();
  }
}

interface ProjectDays {
  readonly days: readonly BehaviourDay[];
  readonly kept: KeptProperties;
  /** Marts that are not up to date. */
  readonly count: number;
}

async function staleDays(env: Env, project: string, nowMs: number): Promise<ProjectDays> {
  const kept = await keptPropertiesOf(env.DB, project);
  const days = await behaviourDays(
    env.DB,
    project,
    { fromMs: dayOf(nowMs) - builtDaysMax * dayMs, toMs: dayOf(nowMs) + 2 * dayMs },
    kept,
  );
  const stale = days.flatMap(({ step, session }) => [step, session]).filter(({ parts }) => parts === null);
  return { days, kept, count: stale.length };
}

async function takeLease(db: D1Database, owner: string, nowMs: number): Promise<boolean> {
  const sql = `INSERT INTO lease (name, owner, until) VALUES ('behaviour', ?1, ?2)
    ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
    WHERE lease.until <= ?3 RETURNING owner`;
  return (
    (await db
      .prepare(sql)
      .bind(owner, nowMs + leaseMs, nowMs)
      .first()) !== null
  );
}

/** Builds the youngest days first: they are asked for most. */
async function buildProject(
  env: Env,
  project: string,
  { days, kept }: ProjectDays,
  { now, untilMs }: { readonly now: () => number; readonly untilMs: number },
): Promise<number> {
  let built = 0;
  for (const mart of ["step", "session"] as const) {
    for (const day of days.toReversed()) {
      if (day[mart].parts !== null) continue;
      if (now() > untilMs) return built;
      const limits = { ...readLimits, filesMax: Infinity, bytesMax: Infinity, msMax: Infinity };
      const yieldTurn = (): Promise<void> => scheduler.wait(0);
      const ports = { bucket: env.LAKE, db: env.DB, project, kept, budget: new Budget(limits, now), yieldTurn };
      try {
        await buildMart(ports, mart, day, days);
      } catch (error) {
        if (error instanceof MartReplaced) return built; // it is forgotten; the next run builds it anew
        throw error;
      }
      built += 1;
    }
  }
  return built;
}

async function buildMart(
  ports: BehaviourPorts,
  mart: BehaviourMart,
  day: BehaviourDay,
  days: readonly BehaviourDay[],
): Promise<void> {
  const { project } = ports;
  const parts: BehaviourPart[] = [];
  const files = mart === "step" ? stepFiles(ports, day) : sessionFiles(ports, day, days);
  for await (const bytes of files) {
    const index = parts.length;
    const etag = await putIfChanged(ports.bucket, behaviourKey(mart, project, day.startMs, index), bytes);
    parts.push({ index, etag, bytes: bytes.byteLength });
  }
  await noteMart(ports.db, { project, dayStartMs: day.startMs, mart }, day[mart].wanted, behaviourPartsText(parts));
}

async function* stepFiles(ports: BehaviourPorts, day: BehaviourDay): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const fold = new StepsOfDay();
  const steps = () => stepsOfDay(ports, day);
  for await (const _ of foldSlices(ports.budget, fold, steps, (step) => step.anonymous_id ?? step.user_id)) {
    const some = fold.take();
    if (some.length > 0) yield encodeSteps(some);
  }
}

async function* sessionFiles(
  ports: BehaviourPorts,
  day: BehaviourDay,
  days: readonly BehaviourDay[],
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let held: Session[] = [];
  for await (const sessions of sessionsFromSteps(ports, [day], days)) {
    held.push(...sessions);
    if (held.length < ports.budget.limits.heldMax) continue;
    yield encodeSessions(held);
    held = [];
  }
  if (held.length > 0) yield encodeSessions(held);
}
