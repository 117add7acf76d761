import { expect, test } from "vitest";
import { Lease } from "./lease.ts";

/** A lease on a clock that moves only where somebody waits. */
function leaseOf(msMax: number): { lease: Lease; waits: () => number } {
  let nowMs = 0;
  let waits = 0;
  const wait = async (ms: number): Promise<void> => {
    nowMs += ms;
    waits += 1;
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { lease: new Lease({ nowMs: () => nowMs, wait }, msMax), waits: () => waits };
}

test("Q58: of the logs of an isolate, one makes a part at a time, also after one has failed", async () => {
  const { lease } = leaseOf(1_000_000);
  let active = 0;
  const most: number[] = [];
  const work = async (fails: boolean): Promise<void> => {
    most.push(++active);
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
    active -= 1;
    if (fails) throw new Error("R2 fails");
  };
  const results = await Promise.allSettled([1, 2, 3, 4].map((n) => lease.hold(`log ${n}`, () => work(n === 2))));
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
  expect(most).toEqual([1, 1, 1, 1]);
});

test("Q58: a log that died while it made a part does not keep the others back for ever", async () => {
  const { lease, waits } = leaseOf(1000);
  void lease.hold("dead", () => new Promise(() => undefined));
  expect(await lease.hold("other", async () => "next")).toBe("next");
  expect(waits()).toBe(20);
  void lease.hold("dead", () => new Promise(() => undefined));
  expect(await lease.hold("dead", async () => "its next life")).toBe("its next life");
  expect(waits()).toBe(20);
});
