import { ok, type Result } from "@sluice/schema";
import { beyondBudget, Budget, BudgetSpent, readLimits } from "../behaviour/budget.ts";
import { foldSlices } from "../behaviour/fold-slices.ts";
import type { RangeQuestion } from "../behaviour/question.ts";
import type { Session } from "../behaviour/session.ts";
import type { Step } from "../behaviour/step.ts";
import { type UserOf, usersBy } from "../behaviour/user.ts";
import type { KeyedFold } from "../behaviour/user-pass.ts";
import { dayMs, dayOf } from "../day.ts";
import type { Problem } from "../problem.ts";
import type { LocalDays } from "../time-zone.ts";
import { type BehaviourDay, behaviourDays } from "./behaviour-days.ts";
import { type BehaviourPorts, MartReplaced, sessionsOfDays, stepsOfDays } from "./behaviour-read.ts";
import type { Env } from "./env.ts";
import { keptPropertiesOf } from "./funnel-store.ts";
import { MartMissing, readIdentities } from "./mart-reader.ts";
import { RollupStore } from "./rollup-store.ts";

/** How often a question is begun anew because a mart was replaced while it was read. */
const triesMax = 4;
/** A project's questions are noted once in this time. */
const notedMsMin = 3_600_000;

/** One question's view of a project. */
export class BehaviourReader {
  readonly #ports: BehaviourPorts;
  readonly #env: Pick<Env, "DB">;

  constructor(env: Pick<Env, "DB">, ports: BehaviourPorts) {
    this.#env = env;
    this.#ports = ports;
  }

  /** Folds the steps of some time by canonical user. */
  async byUser<State, Answer>(
    fold: KeyedFold<Step, State, Answer>,
    days: LocalDays,
    range: { readonly fromMs: number; readonly toMs: number },
  ): Promise<Answer> {
    const userOf = await this.users(days);
    const stored = await this.#days(range);
    return this.fold(
      fold,
      () => stepsOfDays(this.#ports, stored),
      (step) => userOf(step.user_id, step.anonymous_id, step.time),
    );
  }

  /** Folds items by a key of theirs. */
  async fold<Item, State, Answer>(
    fold: KeyedFold<Item, State, Answer>,
    items: () => AsyncGenerator<readonly Item[]>,
    keyOf: (item: Item) => string | null,
  ): Promise<Answer> {
    for await (const _ of foldSlices(this.#ports.budget, fold, items, keyOf)) await this.#ports.yieldTurn();
    return fold.answer();
  }

  /** The steps of the UTC days that touch a range. */
  async *steps(range: { readonly fromMs: number; readonly toMs: number }): AsyncGenerator<Step[]> {
    yield* stepsOfDays(this.#ports, await this.#days(range));
  }

  /** The sessions that began on the UTC days that touch a range. */
  async *sessions(range: { readonly fromMs: number; readonly toMs: number }): AsyncGenerator<Session[]> {
    const near = await this.#days({ fromMs: range.fromMs - dayMs, toMs: range.toMs + dayMs });
    const days = near.filter((day) => day.startMs >= dayOf(range.fromMs) && day.startMs < range.toMs);
    yield* sessionsOfDays(this.#ports, days, near);
  }

  /** Canonical users by the local days of a zone. */
  async users(days: LocalDays): Promise<UserOf> {
    const { budget, bucket, project, yieldTurn } = this.#ports;
    const { linksMax } = budget.limits;
    const ports = { bucket, yieldTurn, store: new RollupStore(this.#env.DB) };
    const identities = await readIdentities(ports, project, () => true, linksMax);
    if (identities === null) throw new BudgetSpent(`the identities of more than ${linksMax} devices`);
    return usersBy(days, identities);
  }

  async #days({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): Promise<BehaviourDay[]> {
    const whole = { fromMs: dayOf(fromMs), toMs: dayOf(toMs - 1) + dayMs };
    return behaviourDays(this.#env.DB, this.#ports.project, whole, this.#ports.kept);
  }
}

/** Puts a question within the budget of one; a refusal where it does not suffice. */
export async function withinBudget<Answer>(
  env: Pick<Env, "DB" | "LAKE">,
  project: string,
  ask: (reader: BehaviourReader) => Promise<Answer>,
): Promise<Result<Answer, Problem>> {
  const kept = await keptPropertiesOf(env.DB, project);
  const budget = new Budget(readLimits, () => Date.now());
  const yieldTurn = (): Promise<void> => scheduler.wait(0);
  const ports = { bucket: env.LAKE, db: env.DB, project, kept, budget, yieldTurn };
  for (let tries = 1; ; tries++) {
    try {
      return ok(await ask(new BehaviourReader(env, ports)));
    } catch (error) {
      if (error instanceof BudgetSpent) return { ok: false, error: beyondBudget(error) };
      // A roll-up replaces its marts of links before their row: a moment later they fit.
      const isReplaced = error instanceof MartReplaced || error instanceof MartMissing;
      if (!isReplaced || tries === triesMax) throw error;
    }
  }
}

/** Notes that a project's behaviour is asked for: its marts are then built. That it could not be is no reason not to answer. */
export async function noteBehaviour(db: D1Database, project: string, nowMs: number): Promise<void> {
  const sql = `INSERT INTO behaviour_project (project, asked_at) VALUES (?1, ?2)
    ON CONFLICT (project) DO UPDATE SET asked_at = excluded.asked_at WHERE asked_at < ?3`;
  try {
    await db
      .prepare(sql)
      .bind(project, nowMs, nowMs - notedMsMin)
      .run();
  } catch (error) {
    console.error(JSON.stringify({ message: "a question was not noted", project, error: String(error) }));
  }
}

/** The time, ms, that the local days of a question cover. */
export function timeOf({ periods }: RangeQuestion): { readonly fromMs: number; readonly toMs: number } {
  const { days, fromDay, toDay } = periods;
  return { fromMs: days.startMs(fromDay), toMs: days.startMs(toDay) };
}
