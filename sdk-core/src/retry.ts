/** First ceiling of the back-off, ms; it doubles with every failure in a row. */
const retryDelayMsMin = 1000;

/** Last ceiling of the back-off, ms. */
const retryDelayMsMax = 60_000;

/** The longest `Retry-After` that is honoured, in seconds; no server may silence a client for longer. */
const retryAfterSecondsMax = 300;

/**
 * How long to wait before the next attempt, ms.
 *
 * Exponential back-off with full jitter (a uniform draw below the ceiling, which spreads clients best:
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/). After a `Retry-After` it is
 * that time and up to one second more, so that those who were sent away together do not return together.
 *
 * @param failures failures in a row, from 1.
 * @param retryAfterMs what the server asked for, or `null`.
 * @param uniform a random number in [0, 1).
 */
export function retryDelayMs(failures: number, retryAfterMs: number | null, uniform: number): number {
  const ceilingMs = retryAfterMs === null ? retryDelayMsMin * 2 ** (failures - 1) : retryDelayMsMin;
  return Math.ceil((retryAfterMs ?? 0) + uniform * Math.min(retryDelayMsMax, ceilingMs));
}

/** Milliseconds of a `Retry-After` in whole seconds, at most 300 s; `null` for anything else. */
export function parseRetryAfter(header: string | null | undefined): number | null {
  const seconds = parseInt(header ?? "", 10);
  return seconds >= 0 ? Math.min(retryAfterSecondsMax, seconds) * 1000 : null;
}

/**
 * Whether the same request may succeed later: no answer at all (status 0), an answer that is not Sluice's
 * (a success or redirect of a captive portal), 408, 410, 429, 460 and every 5xx but 501, 505 and 511.
 */
export function isRetried(status: number): boolean {
  return status < 400 || /^(4(08|10|29|60)|5(?!01|05|11))/.test(String(status));
}
