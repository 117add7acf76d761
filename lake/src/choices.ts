import type { ColumnType } from "./column.ts";

/** What a writer of Parquet is free to choose, and readers do not depend on. */
export interface EncodingChoices {
  /** Level of gzip, 1 to 9. */
  readonly gzipLevel: number;
  /** A column gets a dictionary where that makes it smaller by this factor before compression. */
  readonly dictionaryGainMin: number;
  /** Types of columns whose row groups state their least and greatest value. */
  readonly boundedTypes: ReadonlySet<ColumnType>;
}

/**
 * The choices of the lake's files. `npm run bench -- lake` prints size, time to write and time to read for these and others;
 * docs/decisions/0023 has the table. Below level 5, files grow faster than the time shrinks.
 * Bounds of JSON find nothing, and would put whole documents into the footer.
 */
export const chosen: EncodingChoices = {
  gzipLevel: 5,
  dictionaryGainMin: 2,
  boundedTypes: new Set(["string", "timestamp", "boolean", "int32", "int64", "decimal"]),
};
