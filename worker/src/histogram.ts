/** A histogram as it is shown: one count more than bounds, the last for what lies above all of them. */
export interface HistogramReport {
  /** Upper bounds, inclusive, ascending. */
  readonly bounds: readonly number[];
  /** Values per bucket, not cumulated. */
  readonly counts: readonly number[];
  readonly sum: number;
  readonly count: number;
}

/** Counts values into fixed buckets: a handful of numbers, however many values. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  /** @param bounds ascending. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number): void {
    let bucket = 0;
    while (bucket < this.#bounds.length && value > (this.#bounds[bucket] ?? 0)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += value;
  }

  report(): HistogramReport {
    const counts = [...this.#counts];
    return { bounds: this.#bounds, counts, sum: this.#sum, count: counts.reduce((sum, count) => sum + count, 0) };
  }
}
