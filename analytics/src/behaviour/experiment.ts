import { compareText } from "@sluice/lake";
import { type EventName, isNamed } from "./event-name.ts";
import { entryOf } from "../grouped.ts";
import { compareRates, type RateDifference, type RatioCheck, sampleRatioCheck } from "./proportion-test.ts";
import { compareSteps, propertyOf, type Step } from "./step.ts";
import type { KeyedFold } from "./user-pass.ts";

/** The event that exposes a user to a variant. */
export const exposureEvent = "Experiment Viewed";

/** What an experiment is asked about. */
export interface ExperimentQuestion {
  /** `experiment_id` of the exposures. */
  readonly id: string;
  readonly conversion: EventName;
  /** `variation_id` of the control; `null` for the first one by code point. */
  readonly control: string | null;
  /** From (inclusive) and to (exclusive), ms: exposures and conversions within. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** One variant, and how it differs from the control. */
export interface Variant {
  readonly variant: string;
  /** Users exposed to it and to no other. */
  readonly users: number;
  /** Those of them with a conversion after their first exposure. */
  readonly converted: number;
  readonly rate: number | null;
  /** `null` for the control itself. */
  readonly comparison: RateDifference | null;
}

/** How an experiment stands. */
export interface ExperimentAnswer {
  readonly control: string | null;
  /** In the order of their names. */
  readonly variants: readonly Variant[];
  /** Users exposed to more than one variant: in none of them. */
  readonly excludedUsers: number;
  /** Chi-square test of the variants' users against equal shares. */
  readonly sampleRatio: RatioCheck | null;
}

interface Exposure {
  readonly step: Step;
  readonly variant: string;
}

interface UserExposure {
  readonly variants: Set<string>;
  first: Exposure | null;
  lastConversion: Step | null;
}

/** Folds users into variants. A user's last conversion decides whether there was one after the first exposure. */
export class ExperimentFold implements KeyedFold<Step, UserExposure, ExperimentAnswer> {
  readonly #question: ExperimentQuestion;
  readonly #variants = new Map<string, { users: number; converted: number }>();
  #excludedUsers = 0;

  constructor(question: ExperimentQuestion) {
    this.#question = question;
  }

  start(): UserExposure {
    return { variants: new Set(), first: null, lastConversion: null };
  }

  add(state: UserExposure, step: Step): number {
    const { id, conversion, fromMs, toMs } = this.#question;
    if (step.time < fromMs || step.time >= toMs) return 0;
    if (isNamed(step, conversion) && (state.lastConversion === null || compareSteps(state.lastConversion, step) < 0)) {
      state.lastConversion = step;
    }
    const isExposure = step.type === "track" && step.name === exposureEvent && propertyOf(step, "experiment_id") === id;
    const variant = isExposure ? propertyOf(step, "variation_id") : null;
    if (variant === null) return 0;
    if (state.first === null || compareSteps(step, state.first.step) < 0) state.first = { step, variant };
    // Two are enough to exclude a user; a sender of many must not fill the memory.
    if (state.variants.size < 2) state.variants.add(variant);
    return 1;
  }

  end({ variants, first, lastConversion }: UserExposure): void {
    if (first === null) return;
    if (variants.size > 1) {
      this.#excludedUsers += 1;
      return;
    }
    const counts = entryOf(this.#variants, first.variant, () => ({ users: 0, converted: 0 }));
    counts.users += 1;
    if (lastConversion !== null && compareSteps(first.step, lastConversion) < 0) counts.converted += 1;
  }

  answer(): ExperimentAnswer {
    const ordered = [...this.#variants].sort(([a], [b]) => compareText(a, b));
    const control = this.#question.control ?? ordered[0]?.[0] ?? null;
    const base = { successes: 0, trials: 0 };
    const held = control === null ? undefined : this.#variants.get(control);
    const controlRate = held === undefined ? base : { successes: held.converted, trials: held.users };
    const variants = ordered.map(([variant, { users, converted }]) => {
      const comparison =
        variant === control ? null : compareRates(controlRate, { successes: converted, trials: users });
      return { variant, users, converted, rate: users === 0 ? null : converted / users, comparison };
    });
    const counts = variants.map(({ users }) => users);
    const sampleRatio = sampleRatioCheck(
      counts,
      counts.map(() => 1),
    );
    return { control, variants, excludedUsers: this.#excludedUsers, sampleRatio };
  }
}
