import { hourMs } from "./time.ts";

/*
 * Most ids are looked for in the hour of their birth, or of their event's own time, which is the same for each resend. An id of
 * a client that states neither has nothing but its receipt, which is not: it is remembered in the bucket of that day, and looked for in
 * the buckets of all days around its own.
 */

/** Buckets from here on, the year 17281, are those of days of receipt. Births end in the year 10889, and times of events in 9999. */
export const undatedFromMs = 2 ** 27 * hourMs;

/** Days from its receipt for which such an id is known. */
export const undatedDaysKept = 30;

const dayMs = 24 * hourMs;

/** The bucket (ms) of an id that states no time, by its receipt. */
export function undatedBucketMs(receivedAtMs: number): number {
  return undatedFromMs + Math.floor(receivedAtMs / dayMs) * dayMs;
}

/** Whether a bucket is one of ids that state no time. */
export function isUndated(bucketMs: number): boolean {
  return bucketMs >= undatedFromMs;
}
