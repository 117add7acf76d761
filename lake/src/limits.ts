/*
 * Limits of the lake's files. The unit is the last word of the name; the reason stands in the comment.
 */

/** Rows of one row group: what encodes and decodes within a 128 MB isolate. */
export const rowGroupRowsMax = 10_000;

/** Characters of text in one row group, for the same reason: 10,000 events of 32 KB would be 320 MB. */
export const rowGroupTextMax = 16 * 1024 * 1024;

/** One file. A writer starts a new part before it; a reader refuses a larger one. */
export const fileBytesMax = 32 * 1024 * 1024;

/** One decompressed page: a row group's text in UTF-8 at most, hence bounded before it is allocated. */
export const pageBytesMax = 4 * rowGroupTextMax;
