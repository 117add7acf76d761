import type { Dataset } from "./shard-log.ts";

/*
 * What the shard log answers of its newest blocks: rows that no file holds yet, and those that were published within
 * the last hour and a half. Live numbers and `npm run tail` are made of it.
 */

/** A value of a row, as the lake would store it. Longer texts than were asked for are cut. */
export type TailCell = string | number | boolean | null;

/** Which rows are asked for. */
export interface TailRequest {
  /** Columns of the lake, by dataset; a dataset that is absent is left out. */
  readonly columns: { readonly [dataset in Dataset]?: readonly string[] };
  /** Blocks above this sequence only; 0 for all. */
  readonly sinceSequence: number;
  /** Blocks that were taken at this instant or later only, ms; 0 for all. */
  readonly takenFromMs: number;
  /** Rows of these files only: hours from `fromMs` (inclusive) to `toMs` (exclusive); `null` for all. */
  readonly hours: { readonly fromMs: number; readonly toMs: number } | null;
  /** Through which sequence the asker has the events of an hour already; 0 for hours that are not listed. */
  readonly included: readonly (readonly [hourMs: number, sequence: number])[];
  /** `oldest`: in the order of sequences, to be continued. `newest`: the last blocks first. */
  readonly order: "oldest" | "newest";
  /** The answer ends before the block by which it would have more rows; it has one block at least. */
  readonly rowsMax: number;
  /** Characters of a text. */
  readonly textLengthMax: number;
}

/** Rows of one block for one file. */
export interface TailSegment {
  readonly sequence: number;
  /** When the log took them, ms. */
  readonly takenAtMs: number;
  readonly dataset: Dataset;
  readonly hourMs: number;
  /** Values in the order of the columns that were asked for. */
  readonly rows: readonly (readonly TailCell[])[];
}

/** The answer. */
export interface TailPage {
  /** Identity of the log's storage: another value means that its sequences began anew. */
  readonly birthId: string;
  readonly segments: readonly TailSegment[];
  /** To go on: `sinceSequence` of the next question. */
  readonly throughSequence: number;
  /** Whether there is more in the order that was asked for. */
  readonly hasMore: boolean;
  /** Blocks up to this sequence may be gone from the log; all that they held is in the lake. */
  readonly droppedThrough: number;
  /** Through which sequence each of the asked hours of `events` is in the lake, where it is; empty without `hours`. */
  readonly publishedThrough: readonly (readonly [hourMs: number, sequence: number])[];
}

/** Hours that one question about `hours` may span: more would read the places of too many files. */
export const tailHoursMax = 24 * 8;
