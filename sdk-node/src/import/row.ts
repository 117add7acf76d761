/** One row of a file that is imported. */
export interface Row {
  /** Its number in the file, from 1; in CSV the heading does not count. */
  readonly number: number;
  /** What it says, always in the same words: the id of an event without one is made of it. */
  readonly text: string;
  /** Its fields; `null` when it cannot be read. */
  readonly fields: Readonly<Record<string, unknown>> | null;
}

/** Characters of a row that are read; a longer one cannot be an event, whose limit is 32 KiB. */
export const rowCharsMax = 1_000_000;
