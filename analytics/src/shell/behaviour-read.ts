import { dayPrefix, scanRows } from "@sluice/lake";
import {
  behaviourKey,
  type BehaviourMart,
  type BehaviourPart,
  scanSessions,
  scanSteps,
} from "../behaviour/behaviour-marts.ts";
import { type Budget, BudgetSpent } from "../behaviour/budget.ts";
import { type DeviceStep, idleMsMax, isOnDevice, type Session } from "../behaviour/session.ts";
import { SessionsOfDevices } from "../behaviour/sessions-of-devices.ts";
import { type KeptProperties, type Step, stepOf, stepSources } from "../behaviour/step.ts";
import { halvesOf, type KeyedFold, UserPass } from "../behaviour/user-pass.ts";
import { dayMs } from "../day.ts";
import { listedParts } from "../rollup-plan.ts";
import type { Slice } from "../user-fold.ts";
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

/** The sessions that began on some days, day by day, from marts where they are up to date, else from steps. */
export async function* sessionsOfDays(
  ports: BehaviourPorts,
  days: readonly BehaviourDay[],
  all: readonly BehaviourDay[],
): AsyncGenerator<Session[]> {
  for (const day of days) {
    if (day.session.parts === null) yield* sessionsFromSteps(ports, day, all);
    else yield* martRows(ports, "session", day, day.session.parts, scanSessions);
  }
}

/**
 * The sessions that began on a day, made of its steps and those of its neighbours, one slice of devices after the other.
 *
 * @param all the days among which the neighbours are found.
 */
export async function* sessionsFromSteps(
  ports: BehaviourPorts,
  day: BehaviourDay,
  all: readonly BehaviourDay[],
): AsyncGenerator<Session[]> {
  const range = { fromMs: day.startMs, toMs: day.startMs + dayMs };
  const fold = new SessionsOfDevices(range);
  const near = all.filter((other) => Math.abs(other.startMs - day.startMs) <= dayMs);
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

/**
 * Folds items user by user in as many passes as memory needs; yields after each slice of users.
 *
 * @param items makes a pass over all items.
 */
export async function* foldSlices<Item, State>(
  budget: Budget,
  fold: KeyedFold<Item, State, unknown>,
  items: () => AsyncGenerator<readonly Item[]>,
  keyOf: (item: Item) => string | null,
): AsyncGenerator<Slice> {
  const pending: Slice[] = [{ index: 0, count: 1 }];
  for (let slice = pending.pop(); slice !== undefined; slice = pending.pop()) {
    const pass = new UserPass(fold, slice, budget.limits.heldMax);
    for await (const some of items()) {
      for (const item of some) {
        const key = keyOf(item);
        if (key !== null) pass.add(key, item);
      }
      if (pass.isOverfull) break;
    }
    if (!pass.isOverfull) {
      pass.end();
      yield slice;
    } else if (slice.count < budget.limits.slicesMax) {
      pending.push(...halvesOf(slice));
    } else {
      throw new BudgetSpent("more events of few users than fit in memory");
    }
  }
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
  let parts: readonly { readonly key: string; readonly etag: string }[] = day.inputs;
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
    parts = listedParts(await listAll(ports.bucket, dayPrefix("events", ports.project, day.startMs)));
  }
  throw new Error(`a day's parts changed ${listsMax} times while they were read`);
}
