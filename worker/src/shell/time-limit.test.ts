import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TimeLimits } from "./time-limit.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const after = <Value>(ms: number, value: Value): Promise<Value> =>
  new Promise((resolve) => setTimeout(() => resolve(value), ms));

test("W48: every wait of a request ends at its own limit, whatever else is waited for", async () => {
  const limits = new TimeLimits();
  const startedMs = Date.now();
  const ended: [name: string, ms: number][] = [];
  const wait = async (name: string, work: Promise<string>, timeMsMax: number): Promise<void> => {
    const outcome = await limits.within(work, timeMsMax).catch((error: Error) => error.name);
    ended.push([`${name}: ${outcome}`, Date.now() - startedMs]);
  };
  const waits = [
    wait("body", after(900, "read"), 20_000),
    wait("brake", new Promise(() => undefined), 250),
    wait("send", new Promise(() => undefined), 5000),
    wait("short", new Promise(() => undefined), 20),
    wait("quick", Promise.reject(new RangeError()), 20),
  ];
  await vi.advanceTimersByTimeAsync(1000);
  waits.push(wait("second send", new Promise(() => undefined), 4500), wait("third", after(10, "sent"), 5000));
  await vi.advanceTimersByTimeAsync(10_000);
  await Promise.all(waits);
  expect(ended).toEqual([
    ["quick: RangeError", 0],
    ["short: TimeLimitError", 20],
    ["brake: TimeLimitError", 250],
    ["body: read", 900],
    ["third: sent", 1010],
    ["send: TimeLimitError", 5000],
    ["second send: TimeLimitError", 5500],
  ]);
});

test("W48: waits that end in time need one timer, which looks once and no more", async () => {
  const limits = new TimeLimits();
  const timers = vi.spyOn(globalThis, "setTimeout");
  for (const timeMsMax of [20_000, 250, 5000]) expect(await limits.within(Promise.resolve(7), timeMsMax)).toBe(7);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(timers).toHaveBeenCalledTimes(1);
  expect(vi.getTimerCount()).toBe(0);
});
