/** First delay of a retried message, in seconds. */
const firstSeconds = 15;
/** Longest mean delay, in seconds: an outage that ended is noticed within this time. */
const longestSeconds = 1200;
/** Delays are spread by this share to both sides, so that messages that failed together do not return together. */
const spread = 0.15;

/**
 * Delay before a message is delivered again, in whole seconds: doubles from 15 s up to 20 minutes, spread by ±15 %.
 * One hundred such retries last between 26 and 37 hours, longer than any outage seen so far.
 *
 * @param attempts deliveries so far, from 1.
 * @param random a number in [0, 1).
 */
export function retryDelaySeconds(attempts: number, random: number): number {
  const doublings = Math.max(0, Math.min(attempts - 1, 16));
  const mean = Math.min(firstSeconds * 2 ** doublings, longestSeconds);
  return Math.round(mean * (1 - spread + 2 * spread * random));
}
