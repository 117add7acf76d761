/** Verdicts of one source or library. */
export interface Verdicts {
  readonly accepted: number;
  readonly rejected: number;
}

const overflowLabel = "other";

/**
 * Counts verdicts by a label that senders choose, and so for a bounded number of labels: the first ones to come keep counters
 * of their own, all others share `other`.
 */
export class VerdictTally {
  readonly #labelsMax: number;
  readonly #tallies = new Map<string, { accepted: number; rejected: number }>();

  constructor(labelsMax: number) {
    this.#labelsMax = labelsMax;
  }

  add(label: string, accepted: number, rejected: number): void {
    const known = this.#tallies.get(label);
    if (known !== undefined) {
      known.accepted += accepted;
      known.rejected += rejected;
    } else if (this.#tallies.size < this.#labelsMax || label === overflowLabel) {
      this.#tallies.set(label, { accepted, rejected });
    } else {
      this.add(overflowLabel, accepted, rejected);
    }
  }

  report(): Readonly<Record<string, Verdicts>> {
    return Object.fromEntries([...this.#tallies].map(([label, verdicts]) => [label, { ...verdicts }]));
  }
}
