import { dayPrefix, scanRows } from "@sluice/lake";
import {
  behaviourKey,
  type BehaviourMart,
  type BehaviourPart,
  scanSessions,
  scanSteps,
} from "../behaviour/behaviour-marts.ts";
import type { Budget } from "../behaviour/budget.ts";
import { foldSlices } from "../behaviour/fold-slices.ts";
import { type DeviceStep, idleMsMax, isOnDevice, type Session } from "../behaviour/session.ts";
import { SessionsOfDevices } from "../behaviour/sessions-of-devices.ts";
import { type KeptProperties, type Step, stepOf, stepSources } from "../behaviour/step.ts";
import { dayMs } from "../day.ts";
import { listedParts } from "../rollup-plan.ts";
import { type BehaviourDay, forgetMart } from "./behaviour-days.ts";
import { getPinned, type LakeBucket, listAll } from "./lake-objects.ts";

/** What reading steps and sessions needs. */
export interface BehaviourPorts {
  readonly bucket: LakeBucket;
  readonly db: D1Database;
  readonly project: string;
  readonly kept: KeptProperties;
  readonly budget: Budget;
  /** Lets other requests of the isolate run; called between row groups. */
  readonly yieldTurn: () => Promise<void>;
}

/** How often a day is listed anew because a part was replaced while it was read. */
const listsMax = 5;

/** Thrown when a mart's objects are not what D1 says. It is forgotten; whoever asks again reads the lake instead. */
export class MartReplaced extends Error {
  override readonly name = "MartReplaced";
}

/** The steps of a day, from its mart, else from the lake's events. */
export async function* stepsOfDay(ports: BehaviourPorts, day: BehaviourDay): AsyncGenerator<Step[]> {
  if (day.step.parts === null) yield* stepsOfEvents(ports, day);
  else yield* martRows(ports, "step", day, day.step.parts, scanSteps);
}

/** Days without a mart whose sessions are made of steps together: their neighbours are read once for all of them. */
const daysAtOnce = 8;

/** The sessions that began on some days, in order of days, from marts where they are up to date, else from steps. */
export async function* sessionsOfDays(
  ports: BehaviourPorts,
  days: readonly BehaviourDay[],
  all: readonly BehaviourDay[],
): AsyncGenerator<Session[]> {
  let without: BehaviourDay[] = [];
  for (const day of days) {
    if (day.session.parts === null) without.push(day);
    if (day.session.parts !== null || without.length === daysAtOnce) {
      yield* sessionsFromSteps(ports, without, all);
      without = [];
    }
    if (day.session.parts !== null) yield* martRows(ports, "session", day, day.session.parts, scanSessions);
  }
  yield* sessionsFromSteps(ports, without, all);
}

/**
 * The sessions that began on some days, made of their steps and of those of their neighbours, one slice of devices after
 * the other.
 *
 * @param days in order; sessions that begin on days between them are given too.
 * @param all the days among which the neighbours are found.
 */
export async function* sessionsFromSteps(
  ports: BehaviourPorts,
  days: readonly BehaviourDay[],
  all: readonly BehaviourDay[],
): AsyncGenerator<Session[]> {
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined) return;
  const range = { fromMs: first.startMs, toMs: last.startMs + dayMs };
  const fold = new SessionsOfDevices(range);
  const near = all.filter((day) => day.startMs >= range.fromMs - dayMs && day.startMs <= range.toMs);
  const steps = async function* (): AsyncGenerator<DeviceStep[]> {
    for await (const some of stepsOfDays(ports, near)) {
      yield some.filter(isOnDevice).filter((step) => step.time >= range.fromMs - idleMsMax);
    }
  };
  for await (const _ of foldSlices(ports.budget, fold, steps, (step) => step.anonymous_id)) yield fold.take();
}

/** The steps of several days, one after the other. */
export async function* stepsOfDays(ports: BehaviourPorts, days: readonly BehaviourDay[]): AsyncGenerator<Step[]> {
  for (const day of days) yield* stepsOfDay(ports, day);
}

async function* martRows<MartRow>(
  ports: BehaviourPorts,
  mart: BehaviourMart,
  day: BehaviourDay,
  parts: readonly BehaviourPart[],
  scan: (file: ArrayBuffer) => AsyncGenerator<MartRow[]>,
): AsyncGenerator<MartRow[]> {
  for (const { index, etag, bytes } of parts) {
    ports.budget.spend(bytes);
    const file = await getPinned(ports.bucket, behaviourKey(mart, ports.project, day.startMs, index), etag);
    if (file === null) {
      await forgetMart(ports.db, ports.project, day.startMs, mart);
      throw new MartReplaced(`a part of ${mart} is missing or was replaced`);
    }
    for await (const rows of scan(file)) {
      yield rows;
      await ports.yieldTurn();
    }
  }
}

/** The steps of a day's events: all parts of one moment, so that an event is there once. */
async function* stepsOfEvents(ports: BehaviourPorts, day: BehaviourDay): AsyncGenerator<Step[]> {
  const done = new Set<string>();
  const list = async () => listedParts(await listAll(ports.bucket, dayPrefix("events", ports.project, day.startMs)));
  // A day that is about to be rolled up anew has no inputs for a moment.
  let parts: readonly { readonly key: string; readonly etag: string }[] =
    day.inputs.length > 0 ? day.inputs : await list();
  for (let lists = 0; lists < listsMax; lists++) {
    let isReplaced = false;
    for (const { key, etag } of parts) {
      if (done.has(key)) continue;
      const file = await getPinned(ports.bucket, key, etag);
      if (file === null) {
        isReplaced = true;
        continue;
      }
      ports.budget.spend(file.byteLength);
      for await (const rows of scanRows(file, stepSources)) {
        yield rows.flatMap((row) => stepOf(row, ports.kept) ?? []);
        await ports.yieldTurn();
      }
      done.add(key);
    }
    if (!isReplaced) return;
    parts = await list();
  }
  throw new Error(`a day's parts changed ${listsMax} times while they were read`);
}
