/** What one question may keep in memory at a time: a Worker has 128 MB for everything. */
const keptTextsMax = 400_000;
const keptCharactersMax = 16_000_000;
const keptNumbersMax = 2_000_000;

/** Counts what the folds of one question keep, so that it is refused before memory ends. */
export class KeptMemory {
  #texts = 0;
  #characters = 0;
  #numbers = 0;

  keepText(text: string): void {
    this.#texts += 1;
    this.#characters += text.length;
  }

  keepNumber(): void {
    this.#numbers += 1;
  }

  /** Which bound is exceeded, or `null`. Asked after each row group, of which the overrun is small. */
  exceeded(): string | null {
    if (this.#texts > keptTextsMax) return `${keptTextsMax} distinct values and groups`;
    if (this.#characters > keptCharactersMax) return `${keptCharactersMax} characters of distinct values and groups`;
    return this.#numbers > keptNumbersMax ? `${keptNumbersMax} values of percentiles` : null;
  }
}
