import type { D1Database } from "@cloudflare/workers-types";
import { type JobState, stateAfter } from "../jobs/job-plan.ts";
import { JobStore } from "./job-store.ts";
import type { ProjectRun } from "./rollup-run.ts";

/** Notes how roll-ups went: a row for each that built something, and a state for projects that fail. */
export class RollupLog {
  readonly #store: JobStore;
  readonly #failing: Map<string, JobState>;

  private constructor(store: JobStore, failing: Map<string, JobState>) {
    this.#store = store;
    this.#failing = failing;
  }

  static async read(db: D1Database): Promise<RollupLog> {
    const store = new JobStore(db);
    const states = (await store.states()).filter(({ job }) => job === "rollup");
    return new RollupLog(store, new Map(states.map((state) => [state.project, state])));
  }

  /** Projects that failed, and that cron leaves alone for a while. */
  resting(nowMs: number): ReadonlySet<string> {
    return new Set([...this.#failing.values()].filter(({ dueMs }) => dueMs > nowMs).map(({ project }) => project));
  }

  /** Never throws: that a run could not be noted does not undo it. */
  readonly ended = async (run: ProjectRun): Promise<void> => {
    try {
      await this.#note(run);
    } catch (error) {
      console.error(JSON.stringify({ message: "a run was not noted", project: run.project, error: String(error) }));
    }
  };

  async #note({ project, startedMs, endedMs, counts, inputs, error }: ProjectRun): Promise<void> {
    const held = this.#failing.get(project);
    const outcome = error === null ? ("done" as const) : ("failed" as const);
    if (outcome === "failed" || counts.days > 0) {
      const text = error === null ? null : String(error);
      const run = { job: "rollup", project, startedMs, endedMs, outcome, counts, inputs, error: text } as const;
      await this.#store.noteRun(run);
    }
    if (outcome === "failed") {
      const state = held ?? { job: "rollup", project, dueMs: 0, failures: 0, step: "" };
      const run = { outcome, isNoted: true, counts, step: "", pauseMs: 0 };
      const next = stateAfter(state, run, endedMs);
      this.#failing.set(project, next);
      await this.#store.putStates([next]);
    } else if (held !== undefined) {
      this.#failing.delete(project);
      await this.#store.dropState(held);
    }
  }
}
