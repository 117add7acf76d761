import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { retryDelaySeconds } from "./retry-delay.ts";

test("Q13: retries outlast a day, whatever the dice say, and one delay stays under half an hour", () => {
  const config = readFileSync(new URL("../../wrangler.jsonc", import.meta.url), "utf8");
  const retries = [...config.matchAll(/"max_retries": (\d+)/g)].map((match) => Number(match[1]));
  expect(retries).toHaveLength(2);
  for (const count of retries) {
    let shortestSeconds = 0;
    for (let attempt = 1; attempt <= count; attempt++) shortestSeconds += retryDelaySeconds(attempt, 0);
    expect(shortestSeconds).toBeGreaterThan(25 * 3600);
  }
  expect(retryDelaySeconds(100, 0.999)).toBeLessThan(1800);
});

test("Q13: delays grow", () => {
  const delays = [1, 2, 3, 4, 5, 6, 7].map((attempt) => retryDelaySeconds(attempt, 0.5));
  expect(delays).toEqual([15, 30, 60, 120, 240, 480, 960]);
});
