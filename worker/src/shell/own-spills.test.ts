import { afterEach, expect, test, vi } from "vitest";
import { Counters } from "../counters.ts";
import { ownReplaysAtOnceMax, ownSpillsMax } from "../limits.ts";
import { OwnSpills } from "./own-spills.ts";
import { type OwnReplayPorts, replayOwn, type ReplayPorts, replaySpills } from "./replay.ts";
import { TimeLimits } from "./time-limit.ts";

afterEach(() => vi.restoreAllMocks());

const keysOf = (count: number): string[] => Array.from({ length: count }, (_, i) => `spill/R-${i}`);

test("W49: what an isolate spilled is taken once the queue has taken a message again, the oldest first, some at a time", () => {
  const spills = new OwnSpills();
  spills.sent();
  spills.spilled(keysOf(ownReplaysAtOnceMax + 5));
  expect(spills.take()).toEqual([]);
  spills.sent();
  expect(spills.take()).toEqual(keysOf(ownReplaysAtOnceMax));
  spills.spilled(["later"]);
  expect(spills.take()).toEqual([]);
  spills.sent();
  expect(spills.take()).toEqual([...keysOf(ownReplaysAtOnceMax + 5).slice(-5), "later"]);
  expect(spills.take()).toEqual([]);
});

test("W49: an isolate remembers a bounded number of keys; cron finds the others", () => {
  const spills = new OwnSpills();
  for (let i = 0; i < 3; i++) spills.spilled(keysOf(ownSpillsMax - 1));
  spills.sent();
  const taken: string[] = [];
  for (let keys = spills.take(); keys.length > 0; keys = spills.take()) taken.push(...keys);
  expect(taken).toEqual([...keysOf(ownSpillsMax - 1), "spill/R-0"]);
});

test("W49: a spilled message is deleted only once it was sent, and after a failure the rest waits for the queue again", async () => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const stored = new Set(keysOf(4).filter((key) => key !== "spill/R-1")); // cron was faster with the second
  const spills = new OwnSpills();
  const counters = new Counters();
  let accepts = 1;
  let isBucketDown = false;
  const ports = {
    queue: { send: () => (accepts-- > 0 ? Promise.resolve() : Promise.reject(new Error("down"))) },
    lake: {
      get: (key: string) => {
        if (isBucketDown) return Promise.reject(new Error("R2 is down"));
        return Promise.resolve(stored.has(key) ? { arrayBuffer: () => Promise.resolve(new ArrayBuffer(1)) } : null);
      },
      delete: (key: string) => Promise.resolve(stored.delete(key)),
    },
    counters,
    spills,
    limits: new TimeLimits(),
    sendTimeMsMax: 20,
  } as unknown as OwnReplayPorts;
  await replayOwn(keysOf(4), ports);
  expect([...stored]).toEqual(["spill/R-2", "spill/R-3"]);
  expect(spills.take()).toEqual([]);
  spills.sent();
  isBucketDown = true;
  await replayOwn(spills.take(), ports);
  isBucketDown = false;
  spills.sent();
  accepts = 2;
  await replayOwn(spills.take(), ports);
  expect(stored.size).toBe(0);
  expect(counters.report()).toMatchObject({ messagesReplayed: 3 });
});

test("W52: what R2 does not give keeps cron from no other spilled message, up to five failures", async () => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const stored = new Set(keysOf(20));
  let broken: readonly string[] = [];
  const ports = {
    queue: { send: () => Promise.resolve() },
    lake: {
      list: () => Promise.resolve({ objects: [...stored].map((key) => ({ key })), truncated: false }),
      get: (key: string) =>
        broken.includes(key)
          ? Promise.reject(new Error("R2 does not answer"))
          : Promise.resolve({ arrayBuffer: () => Promise.resolve(new ArrayBuffer(1)) }),
      delete: (key: string) => Promise.resolve(stored.delete(key)),
    },
    counters: new Counters(),
    limits: new TimeLimits(),
    sendTimeMsMax: 20,
  } as unknown as ReplayPorts;
  broken = keysOf(20).slice(8, 13);
  expect(await replaySpills(ports)).toEqual({ replayed: 8, failed: 5 });
  broken = broken.slice(1);
  expect(await replaySpills(ports)).toEqual({ replayed: 8, failed: 4 });
  expect([...stored]).toEqual(broken);
});
