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

/** Spilled messages that one cron run replays: three calls each, and a Worker may make 10,000. */
export const replaysPerRunMax = 2_500;

/** Keys of spilled messages that an isolate remembers; cron finds the others. */
export const ownSpillsMax = 1_000;

/** Own spilled messages that are sent again behind one request. */
export const ownReplaysAtOnceMax = 20;

/** One question to D1 for the registry's version; then the snapshot is read from R2. */
export const registryVersionTimeMsMax = 2_000;

/** Failed replays after which a run gives up: the queue is down, the next run will do. */
export const replayFailuresMax = 5;

/** What a client that was refused for now is told to wait, in seconds. */
export const retryAfterSeconds = 5;

/** Share of a message's limit that a first estimate of the number of slices aims at, so that few must be halved again. */
export const sliceFillRatio = 0.75;

/**
 * How often an inflated body may hold its gzip, beyond the size of a public request. Batches of real events shrink 6 to 25 times;
 * deflate itself can reach 1,032, and a request of 8 kB would then cost 8 MB.
 */
export const inflateRatioMax = 250;

/** How long a body may take to arrive, unless `BODY_SECONDS` says otherwise. Long enough for 1 MB at 50 kB/s. */
export const bodySecondsDefault = 20;

/** Places in a large body that may name its write key and are looked at before it is parsed. */
export const writeKeyCandidatesMax = 4;

/** One question to the rate-limit binding. It answers from the same machine; a slow answer counts as "go on". */
export const brakeTimeMsMax = 250;

/** What a braked client is told to wait, in seconds: the period of the binding in wrangler.jsonc. */
export const brakeRetryAfterSeconds = 10;

/** Requests of one write key, by isolate and minute, from which on its operator is told; nothing is refused. */
export const keyRequestsPerMinuteAlarm = 60_000;

/** Write keys whose requests are counted for that alarm. */
export const alarmedKeysMax = 1_000;

/** Sources, and libraries with their versions, that have counters of their own; further ones share `other`. */
export const countedSourcesMax = 500;
export const countedLibrariesMax = 200;

/** Characters of the `data` parameter of a pixel. Cloudflare allows URLs of 16 KB. */
export const pixelDataLengthMax = 16 * 1024;

/** Levels that the dotted name of a Rudder pixel's parameter may have; a deeper one is kept as one name. */
export const pixelPathLevelsMax = 8;

/** Characters of a header in which a first-party proxy states where its client is. */
export const proxyHeaderLengthMax = 400;

/** Share of requests that leave a line in the log, unless `LOG_SAMPLE` says otherwise. */
export const logSampleDefault = 0.001;
