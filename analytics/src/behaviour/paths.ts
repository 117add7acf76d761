import { compareText } from "@sluice/lake";
import { nameOf } from "./event-name.ts";
import { entryOf } from "../grouped.ts";
import { periodAt, type Periods } from "../period.ts";
import { type DeviceStep, pageOf, sessionRuns } from "./session.ts";
import type { KeyedFold } from "./user-pass.ts";

/** What paths are asked about. */
export interface PathQuestion {
  /** Whether a path goes over pages and screens, or over all events by name. */
  readonly by: "page" | "event";
  /** Only transitions from this node; `null` for all. */
  readonly from: string | null;
  /** Only transitions to this node; `null` for all. */
  readonly to: string | null;
  /** Transitions in the answer. */
  readonly limit: number;
  /** Sessions that began in this range. */
  readonly periods: Periods;
}

/** How often one node followed another within a session. */
export interface Transition {
  /** `null`: the session began with `to`. */
  readonly from: string | null;
  /** `null`: the session ended with `from`. */
  readonly to: string | null;
  readonly count: number;
}

/** The most frequent transitions, and how many there were in all. */
export interface PathAnswer {
  readonly sessions: number;
  /** By count, then by names. */
  readonly transitions: readonly Transition[];
  /** Transitions that the question is about, those beyond the limit included. */
  readonly total: number;
}

/**
 * Folds the sessions of devices into transitions between neighbouring nodes; a node that repeats itself counts once.
 * Give it the steps from half an hour before the range to a day after it.
 */
export class PathFold implements KeyedFold<DeviceStep, DeviceStep[], PathAnswer> {
  readonly #question: PathQuestion;
  readonly #counts = new Map<string, { readonly from: string | null; readonly to: string | null; count: number }>();
  #sessions = 0;

  constructor(question: PathQuestion) {
    this.#question = question;
  }

  start(): DeviceStep[] {
    return [];
  }

  add(state: DeviceStep[], step: DeviceStep): number {
    state.push(step);
    return 1;
  }

  end(state: DeviceStep[]): void {
    for (const run of sessionRuns(state)) {
      const start = run[0]?.time;
      if (start === undefined || periodAt(this.#question.periods, start) === null) continue;
      const nodes = folded(run.flatMap((step) => this.#nodeOf(step)));
      if (nodes.length === 0) continue;
      this.#sessions += 1;
      for (const [index, node] of nodes.entries()) this.#count(nodes[index - 1] ?? null, node);
      this.#count(nodes.at(-1) ?? null, null);
    }
  }

  answer(): PathAnswer {
    const asked = [...this.#counts.values()];
    asked.sort((a, b) => b.count - a.count || compareNodes(a.from, b.from) || compareNodes(a.to, b.to));
    const total = asked.reduce((sum, { count }) => sum + count, 0);
    return { sessions: this.#sessions, transitions: asked.slice(0, this.#question.limit), total };
  }

  #nodeOf(step: DeviceStep): string[] {
    if (this.#question.by === "page" && step.type === "track") return [];
    const node = this.#question.by === "page" ? pageOf(step) : nameOf(step);
    return node === null ? [] : [node];
  }

  #count(from: string | null, to: string | null): void {
    const { from: onlyFrom, to: onlyTo } = this.#question;
    if ((onlyFrom !== null && from !== onlyFrom) || (onlyTo !== null && to !== onlyTo)) return;
    entryOf(this.#counts, JSON.stringify([from, to]), () => ({ from, to, count: 0 })).count += 1;
  }
}

/** Without repetitions of neighbours. */
function folded(nodes: readonly string[]): string[] {
  return nodes.filter((node, index) => node !== nodes[index - 1]);
}

function compareNodes(a: string | null, b: string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  return compareText(a, b);
}
