import type { Problem } from "../problem.ts";

/** What one question may read; each pass over a file counts. */
export interface ReadLimits {
  readonly filesMax: number;
  readonly bytesMax: number;
  readonly msMax: number;
  /** Entries that a fold holds in memory at once: about 300 bytes each. */
  readonly heldMax: number;
  /** Passes that the users of a question may be divided into. */
  readonly slicesMax: number;
  /** Identities of a project that are held beside them. */
  readonly linksMax: number;
}

/** Within what a Worker is given for a request: 10,000 subrequests, 30 s of CPU, 128 MB. */
export const readLimits: ReadLimits = {
  filesMax: 2_000,
  bytesMax: 256 * 1024 * 1024,
  msMax: 25_000,
  heldMax: 150_000,
  slicesMax: 64,
  linksMax: 200_000,
};

/** Thrown where a question would read more than it may. Nothing is answered then: a part of the data is no answer. */
export class BudgetSpent extends Error {
  override readonly name = "BudgetSpent";
}

/** Counts what a question reads. */
export class Budget {
  readonly limits: ReadLimits;
  readonly #now: () => number;
  readonly #startedMs: number;
  #files = 0;
  #bytes = 0;

  /** @param now a clock, ms. */
  constructor(limits: ReadLimits, now: () => number) {
    this.limits = limits;
    this.#now = now;
    this.#startedMs = now();
  }

  /** To be called before a file is read. Throws {@link BudgetSpent}. */
  spend(bytes: number): void {
    const { filesMax, bytesMax, msMax } = this.limits;
    this.#files += 1;
    this.#bytes += bytes;
    if (this.#files > filesMax) throw new BudgetSpent(`more than ${filesMax} files`);
    if (this.#bytes > bytesMax) throw new BudgetSpent(`more than ${bytesMax / 1024 / 1024} MB`);
    if (this.#now() - this.#startedMs > msMax) throw new BudgetSpent(`longer than ${msMax / 1000} s`);
  }
}

/** The refusal of a question beyond its budget. */
export function beyondBudget(error: BudgetSpent): Problem {
  const detail = `This needs ${error.message}, which is more than one question may. Ask for fewer days, or read the lake with SQL.`;
  return { status: 422, title: "Beyond the budget", detail, parameter: "to" };
}
