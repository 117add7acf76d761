/*
 * Limits that only the edge needs. Those shared with other packages stand in @sluice/schema.
 */

/**
 * Nesting of a whole body. A single event deeper than `eventDepthMax` is rejected by its verdict and its
 * neighbours are kept; beyond this depth the body as a whole is refused, because whoever serializes a
 * rejected event again (the consumer, to keep it) overflows the stack at some 5,000 levels.
 */
export const bodyDepthMax = 1_000;

/**
 * Values in one body, counted as commas plus opening brackets. 8 MB of `{},{},…` are 2.7 million objects of
 * 56 bytes each, more than an isolate of 128 MB can hold beside the text; real events have a comma per 25 bytes.
 */
export const bodyValuesMax = 500_000;

/** What gzip adds at most to a public body that does not shrink, generously. */
export const gzipOverheadBytesMax = 16 * 1024;

/** Write keys whose signature an isolate remembers to have verified; the oldest is forgotten first. */
export const verifiedKeysMax = 1_000;

/** Characters of an Authorization header that are looked at: a key of 200 characters in base64, and some slack. */
export const authorizationLengthMax = 400;

/** Characters of a user agent that are kept. Longer ones carry no more meaning and cost header bytes. */
export const userAgentLengthMax = 512;

/** Characters of a place name from the request's metadata. */
export const placeLengthMax = 128;

/** One try to send a message. Queue sends have been seen to hang for 57 s. */
export const sendTimeMsMax = 5_000;

/** Tries to send a message before it is spilled to R2. */
export const sendTriesMax = 2;

/** Writing one spilled message to R2. */
export const spillTimeMsMax = 5_000;

/** Messages of one split request that are sent at the same time; a Worker has six outgoing connections. */
export const sendsAtOnceMax = 4;

/** Spilled messages that one cron run replays. At one run a minute this drains 500 messages a minute and isolate. */
export const replaysPerRunMax = 500;

/** Failed replays after which a run gives up: the queue is down, the next minute will do. */
export const replayFailuresMax = 5;

/** What a client that was refused for now is told to wait, in seconds. */
export const retryAfterSeconds = 5;

/** Share of a message's limit that a first estimate of the number of slices aims at, so that few must be halved again. */
export const sliceFillRatio = 0.75;
