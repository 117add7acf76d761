import type { Step } from "./step.ts";
import type { KeyedFold } from "./user-pass.ts";

/** Collects the steps of a day, one slice of devices after the other, for the mart `step`. */
export class StepsOfDay implements KeyedFold<Step, Step[], readonly Step[]> {
  #steps: Step[] = [];

  start(): Step[] {
    return [];
  }

  add(state: Step[], step: Step): number {
    state.push(step);
    return 1;
  }

  end(state: Step[]): void {
    for (const step of state) this.#steps.push(step);
  }

  answer(): readonly Step[] {
    return this.#steps;
  }

  /** The steps of the slices since they were last taken. */
  take(): Step[] {
    const taken = this.#steps;
    this.#steps = [];
    return taken;
  }
}
