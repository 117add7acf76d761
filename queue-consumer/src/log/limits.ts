/*
 * Limits of the shard log. The unit is the last word of each name.
 */
import { serverRequestBytesMax } from "@sluice/schema";

/** Size of the SQLite database at which the log refuses new rows; Cloudflare's limit is 10 GB, and folding needs room. */
export const databaseBytesMax = 8_000_000_000;

/** Size of one block row; SQLite in a Durable Object takes 2 MB (https://developers.cloudflare.com/durable-objects/platform/limits/). */
export const blockBytesMax = 1_900_000;

/** Decompressed bodies of one block: a block is published as a whole, and its rows are in memory then. One body has at most so much. */
export const blockBodyBytesMax = serverRequestBytesMax;

/** Characters of text that a row has for each byte of its event: its documents, and once more what columns repeat of them. */
export const rowTextPerBodyByte = 2;

/**
 * Ids that are in memory because their block rows are not folded yet. At this many, an append folds them first: just
 * below the 183,500 at which their set grows from 5 to 10 MB.
 */
export const liveIdsMax = 180_000;

/**
 * From so many unfolded ids on a publishing cycle folds them: 0.7 MB of memory, and few pages written for each id. Fewer wait until
 * their blocks are dropped.
 */
export const foldIdsMin = 20_000;

/** Ids of one page: 160 KB in SQL, read whole when its filter says yes, and rewritten when ids are added. */
export const seenPageIdsMax = 8192;

/** Filters in memory, of all logs of an isolate together: those of 10 million ids are 12.5 MB. */
export const filterBytesMax = 16_000_000;

/** A filter of ids that were ahead when a log was split: of 50,000, with 0.8 % false positives. Each child keeps those of all before it, in one row. */
export const aheadFilterBytesMax = 65_536;

/** Pages of one cold object, which is in memory while it is sent: at most 8 MB. */
export const coldObjectPagesMax = 50;

/** Cold objects written in one publishing cycle. */
export const coldObjectsPerCycleMax = 8;

/** Reads of cold objects for one append; slices that need more are retried. */
export const coldReadsMax = 16;

/** Neighbouring pages of one cold object that are read in one call: at most 2.6 MB. */
export const coldWindowPagesMax = 16;

/** Answers of cold pages that are remembered: a slice that needs more reads than one append makes comes to its end. */
export const coldAnswersMax = 16_384;

/** Pairs of (block, hour) that wait for publication. An hour without R2 at full load makes 300,000. */
export const pendingSegmentsMax = 500_000;

/** Rows of one part. They are all in memory while it is encoded: about 60 MB at the limits, of an isolate's 128. */
export const partRowsMax = 20_000;

/** Text of one part's rows, in characters, for the same reason; and so that no part exceeds the 32 MB that readers take. */
export const partTextLengthMax = 24_000_000;

/** Text, in characters, from which on publishing is marked in storage, so that a death in it is known: less cannot fill a memory. */
export const markedTextLengthMin = 2_000_000;

/** Numbers of parts of one hour: the key has four digits. */
export const partNumberMax = 9_999;

/** The last part of an hour is replaced only while it has at most this many times the waiting rows. */
export const growRatioMax = 6;

/**
 * The last part of an hour is replaced whatever waits while it then has at most this many rows: to write so few again costs less
 * than one part more, which every roll-up and every question reads.
 */
export const growRowsMin = 600;

/** How old the end of an hour may be for the hour to be published at every tick, in ms. */
export const recentMsMax = 2 * 3_600_000;

/**
 * An alarm is set at most so far ahead, in ms: one that only old hours need would be set again by the next append, at a row each time.
 * Longer than the pause of the consumer's cron (a quarter of an hour), which sets it when no append comes.
 */
export const armAheadMsMax = 20 * 60_000;

/** Old hours of one public key that are published at one tick; else 10,000 invented hours in one request cost 10,000 PUTs. */
export const publicOldHoursPerTickMax = 64;

/** Tries for one part in one tick, foreign parts and lost races included. */
export const publishAttemptsMax = 64;

/** Days for which taken slices are remembered: longer than the queue keeps a message (14 days). */
export const sliceDaysKept = 16;

/** Changes in one page of the outbox. */
export const changesPageMax = 1000;

/** Longest pause between two tries of a log that fails to publish, in seconds. */
export const failureDelaySecondsMax = 600;

/** Days for which arrivals are kept: the 15 days after which a missing message counts as suspected lost, and time to look into it. */
export const arrivalDaysKept = 35;

/** JSON text of one row of arrivals, in characters; SQLite in a Durable Object takes 2 MB. */
export const arrivalTextLengthMax = 900_000;

/** Ids that one question may name: each may load a bucket. */
export const soughtIdsMax = 64;

/** Bytes of published blocks that the log keeps for live numbers. */
export const liveBytesMax = 32_000_000;

/** Published blocks that it keeps for them: each costs a row to be read when the object starts. */
export const liveBlocksMax = 4_000;

/** Blocks whose headers one question for live rows may read, and whose bodies it may open, in decompressed bytes. */
export const tailBlocksMax = 2_000;
export const tailBodyBytesMax = 16_000_000;

/** Characters of text in one answer: an RPC carries 32 MB. */
export const tailTextLengthMax = 8_000_000;
