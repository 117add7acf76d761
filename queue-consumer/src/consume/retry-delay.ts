/** Delays of a kind of message, in seconds: the first one, and the longest mean. */
export interface RetryPace {
  readonly firstSeconds: number;
  readonly longestSeconds: number;
}

/** Events: an outage that ended is noticed within 20 minutes. One hundred retries last between 26 and 37 hours. */
export const eventPace: RetryPace = { firstSeconds: 15, longestSeconds: 1200 };

/**
 * Dead letters: there is no queue behind theirs, so its one hundred retries last as long as its 14 days of retention allow, between 9
 * and 13 days.
 */
export const deadLetterPace: RetryPace = { firstSeconds: 60, longestSeconds: 10_800 };

/** Delays are spread by this share to both sides, so that messages that failed together do not return together. */
const spread = 0.15;

/**
 * Delay before a message is delivered again, in whole seconds: doubles from the first to the longest, spread by ±15 %.
 *
 * @param attempts deliveries so far, from 1.
 * @param random a number in [0, 1).
 */
export function retryDelaySeconds(attempts: number, random: number, pace: RetryPace): number {
  const doublings = Math.max(0, Math.min(attempts - 1, 16));
  const mean = Math.min(pace.firstSeconds * 2 ** doublings, pace.longestSeconds);
  return Math.round(mean * (1 - spread + 2 * spread * random));
}
