/** How answers compare with a recount of the same. */
export class Agreement {
  /** Numbers that both gave, and that are the same. */
  equal = 0;
  /** What one says and the other does not, in words; the first of each question. */
  readonly differences: string[] = [];

  /** Compares what two sides say to one question, each line once and in any order. */
  compare(question: string, answered: readonly string[], counted: readonly string[]): void {
    const [ours, theirs] = [new Set(answered), new Set(counted)];
    if (ours.size !== answered.length || theirs.size !== counted.length) {
      this.differences.push(`${question}: a line stands twice`);
    }
    const extra = answered.filter((line) => !theirs.has(line));
    const missing = counted.filter((line) => !ours.has(line));
    this.equal += answered.length - extra.length;
    const shown = [...extra.map((line) => `answered ${line}`), ...missing.map((line) => `counted ${line}`)];
    this.differences.push(
      ...shown
        .sort()
        .slice(0, differencesShown)
        .map((line) => `${question}: ${line}`),
    );
  }
}

const differencesShown = 6;
