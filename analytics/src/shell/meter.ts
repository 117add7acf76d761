import type { LakeBucket } from "./lake-objects.ts";

/** Operations of R2 by the class that they are billed in: https://developers.cloudflare.com/r2/pricing/ */
const classA: ReadonlySet<unknown> = new Set(["put", "list"]);
const classB: ReadonlySet<unknown> = new Set(["get", "head"]);

/** What a run cost. */
export interface Cost {
  /** Puts and listings of R2. */
  readonly classA: number;
  /** Reads of R2. */
  readonly classB: number;
  /** Rows of D1 written. */
  readonly rowsWritten: number;
}

/**
 * Counts what a run is billed for. CPU time is not among it: the clock of a Worker stands still while it computes, so no
 * code can tell; docs/cost.md says what a row costs.
 */
export class Meter {
  #classA = 0;
  #classB = 0;
  #rowsWritten = 0;

  /** What was counted since it was last taken. */
  take(): Cost {
    const cost = { classA: this.#classA, classB: this.#classB, rowsWritten: this.#rowsWritten };
    this.#classA = 0;
    this.#classB = 0;
    this.#rowsWritten = 0;
    return cost;
  }

  addRowsWritten(rows: number): void {
    this.#rowsWritten += rows;
  }

  /** The bucket, each call of which is counted. */
  bucket(bucket: LakeBucket): LakeBucket {
    return new Proxy(bucket, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return (...parameters: unknown[]): unknown => {
          if (classA.has(name)) this.#classA += 1;
          if (classB.has(name)) this.#classB += 1;
          return Reflect.apply(value, target, parameters);
        };
      },
    });
  }
}
