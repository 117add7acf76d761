import type { LogStatus } from "@sluice/schema";
import { expect, test } from "vitest";
import { flushLog } from "./flush-log.ts";

/** A log that publishes so many rows a call; after `failsAfter` calls it publishes nothing more. */
function logOf(rows: number, rowsPerCall: number, failsAfter = Number.POSITIVE_INFINITY) {
  let pendingRows = rows;
  let calls = 0;
  const status = async (): Promise<LogStatus> => {
    const lastChange = Math.min(calls, failsAfter);
    return { shards: 0, birthId: "b", pendingRows, logSequence: 1, lastChange, databaseBytes: 0 };
  };
  const flush = async (): Promise<LogStatus> => {
    calls += 1;
    if (calls <= failsAfter) pendingRows = Math.max(0, pendingRows - rowsPerCall);
    return status();
  };
  return { log: { status, flush }, calls: () => calls };
}

test("Q60: a flush that was cut short by its time is called again until nothing is pending", async () => {
  const { log, calls } = logOf(10, 3);
  expect(await flushLog(log)).toBe(10);
  expect(calls()).toBe(4);
});

test("Q60: a log that publishes nothing more is not asked for ever", async () => {
  const { log, calls } = logOf(10, 3, 2);
  expect(await flushLog(log)).toBe(6);
  expect(calls()).toBe(3);
});
