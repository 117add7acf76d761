/**
 * Every limit of the system that more than one package must agree on.
 * The unit is the last word of the name; the reason and the source stand in the comment.
 */

/** One event, serialized as JSON, in bytes. Segment documents the same 32 KB per event. */
export const eventBytesMax = 32 * 1024;

/** Events in one request. More than any known SDK sends at once; bounds the verdict list. */
export const batchEventsMax = 10_000;

/** Decompressed request body of a public (browser, mobile) key. Web SDKs stay under 500 KB. */
export const publicRequestBytesMax = 1_000_000;

/** Decompressed request body of a server key. Segment's Node SDK was recorded sending 3.3 MB in one request. */
export const serverRequestBytesMax = 8_000_000;

/** Compressed request body: a body that does not shrink at all must still fit. */
export const requestWireBytesMax = serverRequestBytesMax;

/**
 * Nesting depth of one event. A deeper one passes `JSON.parse` and then kills structured
 * serialization in the queue (4,000 levels) and in Durable Object RPC (5,000).
 */
export const eventDepthMax = 64;

/** Keys of one event, counted over all nested objects. */
export const eventKeysMax = 10_000;

/** Characters of a message id, the longest seen in the wild being 64 (`node-next-<ms>-<uuid>`). */
export const messageIdLengthMax = 100;

/** Characters of a track event's name. */
export const eventNameLengthMax = 512;

/** Characters of a user, anonymous, group or previous id. */
export const identityLengthMax = 512;

/**
 * A body above this size is scanned for depth and values before `JSON.parse`: 8 kB of gzip can parse to 181 MB. Below
 * it nothing can parse to more than about 29 MB (`npm run bench -- parse-memory`), and a scan costs as much as the verdicts.
 */
export const scanThresholdBytes = 1_000_000;

/** Body bytes of one queue message. Cloudflare Queues allow 128,000 with metadata (https://developers.cloudflare.com/queues/platform/limits/). */
export const queueMessageBytesMax = 127_000;

/** Bytes of the header of one queue message; the rest is the body. */
export const queueHeaderBytesMax = 60_000;

/** Public keys: an event older than this is filed under its receipt hour. */
export const publicEventAgeMsMax = 30 * 24 * 3_600_000;

/** Public keys: an event before this instant (2015-01-01T00:00:00Z) is filed under its receipt hour. */
export const publicEventTimeMsMin = 1_420_070_400_000;

/** Raw bytes kept of a rejected event; a longer one is cut and marked as not re-drivable. */
export const rejectedRawBytesMax = 32 * 1024;

/** Clock corrections of foreign SDKs are rounded to, and only made above, this much. */
export const foreignClockStepMs = 15 * 60_000;

/**
 * How far after its receipt an event may lie. No event is from the future, but a clock that is ahead by less than a correction's
 * step stays ahead: to cut such times off at the receipt would file events in the order of their delays, not of their device.
 */
export const futureEventMsMax = foreignClockStepMs;

/** A clock offset beyond this (ten years) is not a clock, and is ignored. */
export const clockOffsetMsMax = 10 * 366 * 24 * 3_600_000;

/** The longest a write key may be, in characters. */
export const writeKeyLengthMax = 200;

function assertRelation(holds: boolean, relation: string): void {
  if (!holds) throw new Error(`limits.ts: ${relation} does not hold`);
}
assertRelation(eventBytesMax < publicRequestBytesMax, "eventBytesMax < publicRequestBytesMax");
assertRelation(publicRequestBytesMax <= serverRequestBytesMax, "publicRequestBytesMax <= serverRequestBytesMax");
assertRelation(
  queueHeaderBytesMax + eventBytesMax < queueMessageBytesMax,
  "one event and a full header fit one message",
);
assertRelation(scanThresholdBytes < serverRequestBytesMax, "scanThresholdBytes < serverRequestBytesMax");
