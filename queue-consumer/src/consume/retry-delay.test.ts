import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { deadLetterPace, eventPace, retryDelaySeconds, type RetryPace } from "./retry-delay.ts";

const config = readFileSync(new URL("../../wrangler.jsonc", import.meta.url), "utf8");
const [eventRetries = 0, deadRetries = 0] = [...config.matchAll(/"max_retries": (\d+)/g)].map((match) =>
  Number(match[1]),
);
const [retentionSeconds = 0] = [...config.matchAll(/--message-retention-period-secs (\d+)/g)].map((match) =>
  Number(match[1]),
);

/** Seconds that all retries of a message take together. */
function totalSeconds(retries: number, random: number, pace: RetryPace): number {
  let sum = 0;
  for (let attempt = 1; attempt <= retries; attempt++) sum += retryDelaySeconds(attempt, random, pace);
  return sum;
}

test("Q13: retries outlast a day, whatever the dice say, and one delay stays under half an hour", () => {
  expect(totalSeconds(eventRetries, 0, eventPace)).toBeGreaterThan(25 * 3600);
  expect(retryDelaySeconds(100, 0.999, eventPace)).toBeLessThan(1800);
});

test("Q13: delays grow", () => {
  const delays = [1, 2, 3, 4, 5, 6, 7].map((attempt) => retryDelaySeconds(attempt, 0.5, eventPace));
  expect(delays).toEqual([15, 30, 60, 120, 240, 480, 960]);
});

test("Q74: a dead letter is tried again for longer than a week, and given up only when its queue would forget it", () => {
  const day = 86_400;
  expect(retentionSeconds).toBe(14 * day);
  expect(totalSeconds(deadRetries, 0, deadLetterPace)).toBeGreaterThan(7 * day);
  expect(totalSeconds(deadRetries, 0.999, deadLetterPace)).toBeLessThan(retentionSeconds);
  // A queue delays a message by at most twelve hours.
  expect(retryDelaySeconds(100, 0.999, deadLetterPace)).toBeLessThanOrEqual(43_200);
});
