import { hashOf, type Random } from "./random.ts";

/** Something that happens at a time. */
interface Happening {
  readonly atMs: number;
  /** Decides among happenings of the same time; drawn from the seed. */
  readonly rank: number;
  readonly order: number;
  readonly what: string;
  readonly run: () => void;
}

/** What can go wrong in a world. */
export const troubles = [
  "call lost",
  "answer lost",
  "call hangs",
  "caller dies before the call",
  "caller dies on the way",
  "caller dies when it is done",
  "caller dies at the answer",
  "call of a dead caller arrives",
  "call arrives after its caller gave up",
  "false precondition",
  "service down",
  "message duplicated",
  "message delayed",
  "acknowledgement lost",
  "batch died",
  "message dead",
  "alarm lost",
  "alarm refused",
  "statement fails",
  "object reset",
  "unconfirmed writes lost",
  "clock jumps",
  "app is killed",
  "app dies as it writes",
  "phone's storage fails",
] as const;

export type Trouble = (typeof troubles)[number];

/** Lines of the trace that are kept for a failure's report. */
const traceLinesMax = 60;

/**
 * Virtual time. It alone lets anything happen: one happening at a time, in the order of time and, within the same
 * millisecond, of the seed; after each, all code that it woke runs until it waits again.
 */
export class Scheduler {
  nowMs: number;
  /** Happenings so far. */
  steps = 0;
  /** Hash of every line of the trace: two runs with the same one did the same things in the same order. */
  digest = 0;
  /** How often each kind of trouble came. */
  readonly troubles = new Map<string, number>();
  readonly #random: Random;
  readonly #heap: Happening[] = [];
  readonly #trace: string[] = [];
  #order = 0;

  constructor(startMs: number, random: Random) {
    this.nowMs = startMs;
    this.#random = random;
  }

  /** Lets something happen after a delay in ms. */
  after(delayMs: number, what: string, run: () => void): void {
    const atMs = this.nowMs + Math.max(0, Math.round(delayMs));
    push(this.#heap, { atMs, rank: this.#random.next(), order: this.#order++, what, run });
  }

  /** Writes a line into the trace. */
  note(line: string): void {
    const text = `${new Date(this.nowMs).toISOString()} ${line}`;
    this.digest = hashOf(text, this.digest);
    this.#trace.push(text);
    if (this.#trace.length > 2 * traceLinesMax) this.#trace.splice(0, traceLinesMax);
  }

  /** Counts a trouble, so that a test can see that each kind comes. */
  trouble(kind: Trouble): void {
    this.troubles.set(kind, (this.troubles.get(kind) ?? 0) + 1);
  }

  /** The last lines of the trace. */
  get trace(): readonly string[] {
    return this.#trace.slice(-traceLinesMax);
  }

  /** Lets the next thing happen, if it is due by `untilMs`; else goes to that time and says `false`. */
  async step(untilMs: number): Promise<boolean> {
    const next = this.#heap[0];
    if (next === undefined || next.atMs > untilMs) {
      this.nowMs = Math.max(this.nowMs, untilMs);
      return false;
    }
    pop(this.#heap);
    this.nowMs = Math.max(this.nowMs, next.atMs);
    this.steps += 1;
    if (next.what !== "") this.note(next.what);
    next.run();
    await settled();
    return true;
  }
}

/** Resolves when every promise that can go on without a further happening has gone on. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

function isBefore(a: Happening, b: Happening): boolean {
  return a.atMs - b.atMs < 0 || (a.atMs === b.atMs && (a.rank < b.rank || (a.rank === b.rank && a.order < b.order)));
}

/** Binary heap, the earliest first. */
function push(heap: Happening[], happening: Happening): void {
  let at = heap.push(happening) - 1;
  while (at > 0) {
    const parentAt = (at - 1) >> 1;
    const parent = heap[parentAt];
    if (parent === undefined || !isBefore(happening, parent)) break;
    heap[at] = parent;
    at = parentAt;
  }
  heap[at] = happening;
}

function pop(heap: Happening[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let childAt = 2 * at + 1;
    const left = heap[childAt];
    const right = heap[childAt + 1];
    if (left === undefined) break;
    const child = right !== undefined && isBefore(right, left) ? right : left;
    if (child === right) childAt += 1;
    if (!isBefore(child, last)) break;
    heap[at] = child;
    at = childAt;
  }
  heap[at] = last;
}
